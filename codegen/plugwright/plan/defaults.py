"""Which literal is the default of a parameter? A value of the settings in, Python source out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .. import layout
from ..kinds import Kinds, TypeNames, python_scalar
from ..schema import EnumKind, Field, ListKind, MapKind, MessageKind, ScalarKind
from ..symbols import Code, expr


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
            if value in members:
                return expr(row.annotation, ".", members[value]), ""
            return "0", f"one of {', '.join(members)}"
        case ScalarKind():
            zero = str(kinds.row(field.kind).zero)
            if value == "":
                return zero, ""
            return _scalar_literal(python_scalar(field.kind.type), value) or (
                zero,
                _EXPECTED[python_scalar(field.kind.type)],
            )


_EXPECTED = {
    "bool": "true or false",
    "int": "an integer",
    "float": "a finite number",
    "str": "a string",
    "bytes": "a string",
}


def _scalar_literal(name: str, value: Any) -> tuple[Code, str] | None:
    """(`value` as a literal of the type `name`, ""), None if it is of another type."""
    if isinstance(value, str):
        if name == "bytes":
            return layout.bytes_literal(value.encode()), ""
        return (layout.quote(value), "") if name == "str" else None
    if isinstance(value, bool) or name == "bool":
        return (repr(value), "") if name == "bool" and isinstance(value, bool) else None
    if name == "float" and isinstance(value, int | float) and math.isfinite(value):
        return repr(float(value)), ""
    return (repr(value), "") if name == "int" and isinstance(value, int) else None
