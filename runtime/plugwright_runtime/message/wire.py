"""What do generated converters call? Small functions that a straight line of code needs."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from enum import IntEnum
from typing import Any, TypeVar

from google.protobuf.unknown_fields import UnknownFieldSet

new = object.__new__
# The defaults of fields without presence. Python has one empty text, one zero: writers compare by
# identity, which is faster than truth and lets a stray None reach protobuf, which refuses it.
NO_TEXT = ""
NO_BYTES = b""
ZERO = 0
# What slices of lists are made with, and how long a list may be to be read by one.
ALL = slice(None)
LONG = 1000
_pack_float = struct.Struct("<f").pack
# Refuses a list with anything but text in it, at a tenth of what a loop costs.
all_text = "".join
_E = TypeVar("_E", bound=IntEnum)

__all__ = [
    "ALL",
    "LONG",
    "NO_BYTES",
    "NO_TEXT",
    "ZERO",
    "UnknownFieldSet",
    "all_text",
    "boolean",
    "enum_table",
    "expect_model",
    "extend_text",
    "float32",
    "items",
    "listed",
    "long_list",
    "missing",
    "new",
    "new_case",
    "not_a_case",
    "only_utf8",
    "put_text",
    "set_in_parent",
    "text",
    "unchecked",
]


# JSON cannot hold text that is no UTF-8; the wire format of proto2 can.
only_utf8: ContextVar[bool] = ContextVar("only_utf8", default=False)


class _EnumTable(dict[int, _E]):
    """Number -> member: a fifth of the cost of calling the enum; unknown numbers go to it."""

    def __init__(self, cls: type[_E]) -> None:
        super().__init__({int(member): member for member in cls})
        self._cls = cls

    def __missing__(self, number: int) -> _E:
        return self._cls(number)


def enum_table(cls: type[_E]) -> _EnumTable[_E]:
    """The members of an enum by number."""
    return _EnumTable(cls)


def long_list(values: Any) -> list[Any]:
    """What a long list of scalars holds, a part at a time: other threads run in between."""
    found: list[Any] = []
    for start in range(0, len(values), LONG):
        found += values[start : start + LONG]
    return found


def items(values: Any) -> list[Any]:
    """`values` as elements of a repeated field; text is no list of characters."""
    if isinstance(values, str | bytes | bytearray | dict) or not isinstance(values, Iterable):
        raise TypeError(f"expected a list, got {type(values).__name__}")
    return list(values)


def listed(o: Any, attribute: str) -> list[Any]:
    """The elements of a list field of the model `o` that holds something else than a list.

    What can be iterated once only is kept in the model as a list, to be there the next time, too.
    """
    values = getattr(o, attribute)
    found = items(values)
    if isinstance(values, Iterator):
        setattr(o, attribute, found)
    return found


def text(value: Any) -> str:
    """A text that protobuf does not check; what is no UTF-8 it gives as bytes.

    Such bytes are lone surrogates in the text (`surrogateescape`), and go out again as they came.
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    checked: str = value
    return checked


def put_text(m: Any, name: str, number: int, value: Any) -> None:
    """Set a field to a text that protobuf does not check."""
    try:
        setattr(m, name, "" + value)
    except UnicodeEncodeError:
        type(m).MergeFromString(m, unchecked(number, value))


def extend_text(m: Any, name: str, number: int, values: list[Any]) -> None:
    """Fill a repeated field with texts that protobuf does not check."""
    field = getattr(m, name)
    try:
        field.extend(["" + value for value in values])
    except UnicodeEncodeError:
        del field[:]
        data = b"".join([unchecked(number, value) for value in values])
        type(m).MergeFromString(m, data)


def unchecked(number: int, value: str) -> bytes:
    """A text in wire format. protobuf takes none that is no UTF-8 in another form."""
    from .raw_fields import with_length  # only when there is such a text

    data = value.encode("utf-8", "strict" if only_utf8.get() else "surrogateescape")
    return with_length(number, data)


def float32(value: Any) -> Any:
    """`value` unchanged, unless a 32-bit float has nothing near it."""
    try:
        _pack_float(value)  # OverflowError: protobuf would write infinity
    except struct.error:  # too large an int, or no number, which protobuf says itself
        if isinstance(value, int):
            _pack_float(float(value))
    return value


def boolean(value: Any) -> bool:
    """`value`, if it is a bool."""
    if isinstance(value, bool):
        return value
    raise TypeError(f"expected bool, got {type(value).__name__}")


def expect_model(value: object, cls: type) -> None:
    """Refuse a model of another class: one with the same fields, and more, would pass for it."""
    if not isinstance(value, cls):
        raise TypeError(f"expected {cls.__name__}, got {type(value).__name__}")


def missing(name: str) -> Any:
    """Refuse a message without a field that its proto2 file requires: zero is not what was sent."""
    raise ValueError(f"the required field {name} is not set")


def set_in_parent(message: Any) -> None:
    """Mark a sub-message as present; through the class, for a field may hide the method."""
    type(message).SetInParent(message)


def new_case(cls: Any, value: Any) -> Any:
    """A case of a oneof, made without its `__init__`: what is read is not used."""
    case = new(cls)
    case.value = value
    return case


def not_a_case(value: object) -> TypeError:
    """The error of a oneof that holds something else than one of its cases."""
    return TypeError(f"expected a case of the oneof or None, got {type(value).__name__}")
