"""Which literal is the default of a parameter? A value of the settings in, Python source out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..protos.schema import EnumKind, Field, ListKind, MapKind, MessageKind, Scalar, ScalarKind
from ..python import layout
from ..python.symbols import Code, expr
from .kinds import Kinds, TypeNames, python_scalar


def default_literal(
    field: Field, value: Any, kinds: Kinds, types: Mapping[str, TypeNames]
) -> tuple[Code, str]:
    """(a configured default as Python source, ""), or what it should have been.

    Empty text stands for the zero value, or for unset, of every kind.
    """
    match field.kind:
        case ListKind() | MapKind() | MessageKind():
            return "None", "" if value == "" else '"", for it has no other default'
        case EnumKind():
            row = kinds.row(field.kind)
            members = types[field.kind.enum].members
            if value == "":
                return row.zero or "0", ""
            if isinstance(value, str) and value in members:
                return expr(row.annotation, ".", members[value]), ""
            return "0", f"one of {', '.join(members)}"
        case ScalarKind(scalar):
            if value == "":
                return str(kinds.row(field.kind).zero), ""
            literal = _scalar_literal(scalar, value)
            return (literal, "") if literal else ("None", _expected(scalar))


def _scalar_literal(scalar: Scalar, value: Any) -> str:
    """`value` as a literal, "" if the field cannot hold it."""
    fits = False
    match python_scalar(scalar):
        case "bool":
            fits = isinstance(value, bool)
        case "str":
            return layout.quote(value) if isinstance(value, str) else ""
        case "bytes":
            text = isinstance(value, str)
            return layout.bytes_literal(value.encode()) if text else ""
        case "float":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            largest = _LARGEST[scalar]
            if fits := number and -largest <= value <= largest:
                value = float(value)
        case _:
            low, high = _range(scalar)
            fits = type(value) is int and low <= value <= high
    return repr(value) if fits else ""


_LARGEST = {Scalar.FLOAT: 3.4028234663852886e38, Scalar.DOUBLE: sys.float_info.max}


def _range(scalar: Scalar) -> tuple[int, int]:
    """The least and the greatest value of a type of integers.

    >>> _range(Scalar.SFIXED32), _range(Scalar.UINT32)
    ((-2147483648, 2147483647), (0, 4294967295))
    """
    bits = 64 if "64" in scalar else 32
    if scalar.startswith(("uint", "fixed")):
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def _expected(scalar: Scalar) -> str:
    match python_scalar(scalar):
        case "bool":
            return "true or false"
        case "float":
            return f"a number from {-_LARGEST[scalar]} to {_LARGEST[scalar]}"
        case "int":
            return "an integer from {} to {}".format(*_range(scalar))
        case _:
            return "a string"
