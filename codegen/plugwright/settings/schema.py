"""What may a `plugwright.toml` say, in the words of JSON Schema? Editors complete and check by it.

It is made from the tables that `reader` reads, so both take the same keys and types. What texts
have to be, and whether patterns match, only a run can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .reader import MOST, TABLES
from .tables import Error

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_NAMES = {"anyOf": [_TEXT, _TEXTS]}
_NUMBER = {"exclusiveMinimum": 0, "maximum": MOST}
_VERSIONS = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": MOST}}
_SERVICES = {
    "type": "object",
    "patternProperties": {"^[0-9]{1,9}$": _NAMES},
    "additionalProperties": False,
    "minProperties": 1,
}
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "str": _TEXT,
    "bool": {"type": "boolean"},
    "int": {"type": "integer", **_NUMBER},
    "float": {"type": "number", **_NUMBER},
    "Names": _NAMES,
    "Versions": {"anyOf": [{**_VERSIONS, "minItems": 1}, _SERVICES]},
    "tuple[str, ...]": _TEXTS,
    "Mapping[str, str]": {"type": "object", "additionalProperties": _TEXT},
    "Mapping[str, tuple[str, ...]]": {"type": "object", "additionalProperties": _TEXTS},
    "Mapping[str, Any]": {"type": "object"},
}


def schema() -> dict[str, Any]:
    """The schema of a whole file."""
    tables = {name: _table(cls) for name, cls in TABLES.items()}
    tables["sdk"]["required"] = ["package"]
    tables["errors"] = {"type": "object", "additionalProperties": _table(Error)}
    tables["reuse"] = dict(_TYPES["Mapping[str, str]"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "plugwright.toml",
        "type": "object",
        "properties": tables,
        "required": ["sdk"],
        "additionalProperties": False,
    }


def _table(cls: type[Any]) -> dict[str, Any]:
    hints: Mapping[str, Any] = cls.__annotations__
    types = {name: str(getattr(hint, "__forward_arg__", hint)) for name, hint in hints.items()}
    return {
        "type": "object",
        "properties": {name.replace("_", "-"): _TYPES[said] for name, said in types.items()},
        "additionalProperties": False,
    }
