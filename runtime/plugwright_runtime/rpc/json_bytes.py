"""JSON text in bytes fields: what some hosts use for types too large to declare in a proto."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..exceptions import FieldError
from .failures import PluginAPIError


def dump(value: Any) -> bytes:
    """`value`, a dict, as UTF-8 JSON. Raises FieldError if it is no JSON object."""
    if not isinstance(value, Mapping):
        raise FieldError("JSON field", "dict", value)
    try:
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FieldError("JSON field", f"a JSON object ({error})", value) from None


def load(data: bytes | None, rpc: str) -> dict[str, Any]:
    """The JSON object in `data`; empty text and `null` are an empty object."""
    return load_nullable(data, rpc) or {}


def load_nullable(data: bytes | None, rpc: str) -> dict[str, Any] | None:
    """The JSON object in `data`, None for empty text and `null`.

    Raises PluginAPIError if the host sent something else.
    """
    if not data:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PluginAPIError(f"the host sent no valid JSON: {error}", rpc=rpc) from None
    if value is not None and not isinstance(value, dict):
        kind = type(value).__name__
        raise PluginAPIError(f"the host sent a JSON {kind} instead of an object", rpc=rpc)
    return value
