"""What is the text of an argument, as a pattern sees it?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from ..message.codec import to_json
from ..message.model import Model


def text_of(value: Any) -> str:
    """A string itself, an enum's name, of a model its ProtoJSON, of anything else JSON: `true`,
    `3`, `null`, `["a"]`. Bytes are read as UTF-8; what is none is replaced.
    """
    if isinstance(value, str) and not isinstance(value, Enum):
        return value
    return json.dumps(value, ensure_ascii=False) if _is_plain(value) else _other(value)


def _is_plain(value: Any) -> bool:
    return value is None or type(value) in (bool, int, float)


def _other(value: Any) -> str:
    match value:
        case Enum():
            return value.name
        case bytes() | bytearray():
            return bytes(value).decode("utf-8", "replace")
        case Model():
            return json.dumps(json.loads(to_json(value)), ensure_ascii=False)
        case Mapping():
            pairs = (f"{json.dumps(text_of(k))}: {_quoted(v)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(map(_quoted, value))}]"
        case _:
            return str(value)


def _quoted(value: Any) -> str:
    """As a part of another value."""
    text = text_of(value)
    if _is_plain(value) or isinstance(value, Model | Mapping | list | tuple):
        return text
    return json.dumps(text, ensure_ascii=False)
