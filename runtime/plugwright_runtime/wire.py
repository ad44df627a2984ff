"""What do generated converters call? Small functions that a straight line of code needs."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Any, TypeVar

from google.protobuf.unknown_fields import UnknownFieldSet

new = object.__new__
# The defaults of fields without presence. Python has one empty text, one zero: writers compare by
# identity, which is faster than truth and lets a stray None reach protobuf, which refuses it.
NO_TEXT = ""
NO_BYTES = b""
ZERO = 0
_E = TypeVar("_E", bound=IntEnum)

__all__ = [
    "NO_BYTES",
    "NO_TEXT",
    "ZERO",
    "UnknownFieldSet",
    "boolean",
    "enum_table",
    "expect_model",
    "float32",
    "items",
    "missing",
    "new",
    "not_a_case",
    "set_in_parent",
    "unknown_fields",
]


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


def unknown_fields(message: Any) -> bytes:
    """The fields of `message` itself that its descriptor does not know, in wire format."""
    cls = type(message)  # whose methods no field can hide
    rest = cls()
    cls.CopyFrom(rest, message)
    for field, _ in cls.ListFields(message):
        cls.ClearField(rest, field.name)
    data: bytes = cls.SerializePartialToString(rest, deterministic=True)
    return data


def items(values: Any) -> Iterable[Any]:
    """`values` as elements of a repeated field; text is no list of characters."""
    if isinstance(values, str | bytes | bytearray | dict) or not isinstance(
        values, Iterable
    ):
        raise TypeError(f"expected a list, got {type(values).__name__}")
    return values


def float32(value: Any) -> Any:
    """`value` unchanged, if a 32-bit float can hold something near it."""
    if isinstance(value, float) and math.isfinite(value):
        struct.pack("<f", value)  # OverflowError: protobuf would write infinity
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


def not_a_case(value: object) -> TypeError:
    """The error of a oneof that holds something else than one of its cases."""
    return TypeError(
        f"expected a case of the oneof or None, got {type(value).__name__}"
    )
