"""What becomes of unknown fields inside well-known types, which become plain Python values?

A `datetime` has no place for them, so the message around it keeps them: beside its own unknown
fields, `Kept` has those of its fields that hold such a value, in wire format. They are put back for
each value that is still what it was; for one that was changed or moved, there is nothing to keep.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

from .descriptors import is_map, is_repeated
from .raw_fields import END, START, varint, with_length
from .unknown import Inside, rest

WELL_KNOWN = frozenset(
    f"google.protobuf.{name}"
    for name in (
        *("Any", "Timestamp", "Duration", "FieldMask", "Empty", "DoubleValue"),
        *("FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value"),
        *("BoolValue", "StringValue", "BytesValue", "Struct", "Value", "ListValue"),
    )
)


class Kept(bytes):
    """The unknown fields of a message, and `inside`: its fields that have unknown ones inside."""

    inside: bytes

    def __new__(cls, own: bytes, inside: bytes) -> Kept:
        self = super().__new__(cls, own)
        self.inside = inside
        return self

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, (bytes(self), self.inside)


def kept(message: Any, noted: Inside) -> bytes:
    """What of `message` its model has no attribute for. Uses the message up.

    `noted`: the values with unknown fields that its readers found; None = they did not look.
    """
    cls: Any = type(message)
    inside = b""
    for field in _fields(cls) if noted is None or noted else ():
        if not field.single:
            if source := getattr(message, field.name):
                inside += _inside(source, field)
        elif cls.HasField(message, field.name) and (data := _taken(getattr(message, field.name))):
            inside += _framed(field.descriptor, data)
    own = rest(message)
    return Kept(own, inside) if inside else own


class _Field(NamedTuple):
    """A field that holds well-known types; `single`: one of them."""

    name: str
    single: bool
    descriptor: Any


@functools.cache
def _fields(cls: Hashable) -> tuple[_Field, ...]:
    descriptor: Any = getattr(cls, "DESCRIPTOR")  # noqa: B009
    fields = (f for f in descriptor.fields if _held(f) in WELL_KNOWN)
    return tuple(_Field(f.name, not is_repeated(f), f) for f in fields)


def _held(field: Any) -> str:
    """The full name of the messages in a field; "" if there are none."""
    inner = field.message_type
    if inner is not None and is_map(field):
        inner = inner.fields_by_name["value"].message_type
    return "" if inner is None else str(inner.full_name)


def _inside(source: Any, field: _Field) -> bytes:
    """A list or map in wire format, if there is anything unknown in it; else b""."""
    if is_map(field.descriptor):
        try:
            taken = {key: _taken(source[key]) for key in source}
        except UnicodeDecodeError:  # a key that protobuf does not hand out
            return b""
        entries = (_entry(field.descriptor, k, t) for k, t in taken.items() if t)
        return b"".join(entries)
    known: list[bytes] = []
    found = [_taken(value, known) for value in source]
    if not any(found):
        return b""
    parts = (data or other for data, other in zip(found, known, strict=True))
    return b"".join([_framed(field.descriptor, p) for p in parts])


def _taken(value: Any, known: list[bytes] | None = None) -> bytes:
    """A value in wire format, if there is anything unknown in it; else b"". Uses it up.

    `known`: gets what is known of it.
    """
    cls = type(value)
    data: bytes = cls.SerializePartialToString(value)
    cls.DiscardUnknownFields(value)
    left: bytes = cls.SerializePartialToString(value)
    if known is not None:
        known.append(left)
    return data if len(left) < len(data) else b""


def _framed(field: Any, data: bytes) -> bytes:
    """A value as the field that holds it."""
    if field.type == FieldDescriptor.TYPE_GROUP:
        start, end = (varint(field.number << 3 | kind) for kind in (START, END))
        return start + data + end
    return with_length(field.number, data)


def _entry(field: Any, key: Any, data: bytes) -> bytes:
    """A value as the entry of a map."""
    from google.protobuf import message_factory

    entry = message_factory.GetMessageClass(field.message_type)
    content: bytes = entry(key=key).SerializePartialToString()
    content += _framed(field.message_type.fields_by_name["value"], data)
    return with_length(field.number, content)


def put_back(unknown: bytes, message: Any) -> None:
    """Add to a message that is written what was kept for it, in place of MergeFromString."""
    cls = type(message)
    cls.MergeFromString(message, unknown)
    if not isinstance(unknown, Kept):
        return
    whole, known = cls.FromString(unknown.inside), cls.FromString(unknown.inside)
    cls.DiscardUnknownFields(known)
    for field, value in cls.ListFields(whole):
        now, then = getattr(message, field.name), getattr(known, field.name)
        if is_map(field):
            for key in value:
                if key in now:
                    _put_back_one(now[key], then[key], value[key])
        elif is_repeated(field):
            for one in zip(now, then, value, strict=False):
                _put_back_one(*one)
        elif cls.HasField(message, field.name):
            _put_back_one(now, then, value)


def _put_back_one(now: Any, then: Any, whole: Any) -> None:
    serialize = type(now).SerializePartialToString
    if serialize(now, deterministic=True) == serialize(then, deterministic=True):
        now.CopyFrom(whole)
