"""Where is the proto of a full name? A schema in; the place of each thing that it declares out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import Location
from .schema import Enum, Message, Schema

Places = Mapping[str, Location]


def places(schema: Schema) -> Places:
    """The place of each message, field, oneof, enum, value, service and RPC.

    Of each package a file of it, one with services if there is any.
    """
    found: dict[str, Location] = {}
    for message in schema.messages.values():
        found.update(_message(message))
    for enum in schema.enums.values():
        found.update(_enum(enum))
    for file in schema.files:
        for service in file.services:
            found[service.full_name] = service.where
            found.update((method.full_name, method.where) for method in service.methods)
            found.setdefault(file.package, Location(service.where.file))
    for name in (*schema.messages, *schema.enums):
        found.setdefault(name.rpartition(".")[0], Location(found[name].file))
    return found


def _message(message: Message) -> Iterator[tuple[str, Location]]:
    name = message.full_name
    yield name, message.where
    for field in message.fields:
        yield f"{name}.{field.name}", field.where
    for oneof in message.oneofs:
        yield f"{name}.{oneof.name}", oneof.where


def _enum(enum: Enum) -> Iterator[tuple[str, Location]]:
    yield enum.full_name, enum.where
    for value in enum.values:
        yield f"{enum.full_name}.{value.name}", value.where


def nearest(name: str, known: Places) -> Location | None:
    """The place of what has that name, or of what it would be part of."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return known.get(name)
