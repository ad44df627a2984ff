"""What goes over the wire between Clapshot and an organizer, as protobuf sees it.

In: `proto/clapshot` and the table in `tests/systems/clapshot`. Out: descriptors, and messages that
owe nothing to the SDK, so that both sides of a comparison have their own source.
"""

from __future__ import annotations

import functools
import itertools
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from kit.compiled import descriptors
from kit.places import ROOT, TESTS

PROTOS = ROOT / "proto" / "clapshot"
FACTS = TESTS / "systems" / "clapshot" / "facts.json"
TABLE: list[dict[str, Any]] = json.loads(FACTS.read_text("utf-8"))["files"]

INBOUND = "clapshot.organizer.OrganizerInbound"
OUTBOUND = "clapshot.organizer.OrganizerOutbound"
VARIANTS = 5  # as many as the largest oneof has members
DEEPEST = 6


@functools.cache
def compiled() -> descriptor_pb2.FileDescriptorSet:
    """The protos with comments and imports, compiled in this process."""
    return descriptors(PROTOS)


@functools.cache
def pool() -> descriptor_pool.DescriptorPool:
    """A pool of these tests alone."""
    made = descriptor_pool.DescriptorPool()
    for file in compiled().file:
        made.Add(file)
    return made


@functools.cache
def message_class(full_name: str) -> Any:
    descriptor = pool().FindMessageTypeByName(full_name)
    return message_factory.GetMessageClass(descriptor)


def organizer(name: str, **fields: Any) -> Any:
    """A message of `clapshot.organizer`."""
    return message_class(f"clapshot.organizer.{name}")(**fields)


@dataclass(frozen=True)
class Rpc:
    name: str
    request: str
    response: str


def rpcs(service: str) -> list[Rpc]:
    """The RPCs of a service, as the table has them."""
    name = service.rpartition(".")[2]
    found = [s for f in TABLE for s in f.get("services", ()) if s["name"] == name]
    return [Rpc(**m) for m in found[0]["methods"]]


def filled(full_name: str, variant: int = 0) -> Any:
    """A message in which every field has a value, and each another; of the members of a oneof the
    one whose turn it is.
    """
    message = message_class(full_name)()
    numbers = itertools.count(zlib.crc32(full_name.encode()) % 1000 + 1)
    _fill(message, numbers, variant, DEEPEST)
    return message


def _fill(message: Any, numbers: Iterator[int], variant: int, depth: int) -> None:
    chosen = {oneof.fields[variant % len(oneof.fields)].name for oneof in message.DESCRIPTOR.oneofs}
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None and field.name not in chosen:
            continue
        if field.message_type is not None and depth == 0:
            continue
        _fill_field(message, field, numbers, variant, depth)


def _fill_field(message: Any, field: Any, numbers: Iterator[int], variant: int, depth: int) -> None:
    kind = field.message_type
    value = getattr(message, field.name)
    if kind is not None and kind.GetOptions().map_entry:
        key = f"key-{next(numbers)}"
        if kind.fields_by_name["value"].message_type is None:
            value[key] = _scalar(kind.fields_by_name["value"], next(numbers))
        else:
            _fill(value[key], numbers, variant, depth - 1)
    elif hasattr(value, "append"):
        for _ in range(2):
            if kind is None:
                value.append(_scalar(field, next(numbers)))
            else:
                _fill(value.add(), numbers, variant, depth - 1)
    elif kind is None:
        setattr(message, field.name, _scalar(field, next(numbers)))
    elif kind.full_name == "google.protobuf.Timestamp":
        value.seconds, value.nanos = 1_700_000_000 + next(numbers), 123_456_789
    else:
        value.SetInParent()
        _fill(value, numbers, variant, depth - 1)


def _scalar(field: Any, number: int) -> Any:
    if field.type == field.TYPE_STRING:
        return f"{field.name}-{number}-ü"
    if field.type == field.TYPE_BOOL:
        return True
    if field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
        return number + 0.5
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values[-1].number
    return number
