"""Does each field become an attribute of its own? A problem for each that does not."""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem
from ...protos.schema import Message, walk
from ...python import names
from ..context import Context


def problems(context: Context) -> Iterator[Problem]:
    """The problems of the generated models."""
    for file in context.files:
        for message in walk(file.messages):
            yield from _message(message)


def _message(message: Message) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    oneofs: set[str] = set()
    for field in message.fields:
        if field.oneof in oneofs:
            continue
        if field.oneof is not None:
            oneofs.add(field.oneof)
        attribute = names.attribute(field.oneof or field.name)
        if attribute in seen:
            both = f"{field.name} and {seen[attribute]}"
            text = f"{both} both become attribute {attribute}; rename one"
            yield Problem(field.where, text)
        seen[attribute] = field.name
