"""How are the values of apps written in ProtoJSON, as the Go host takes and gives them?"""

from __future__ import annotations

import base64
from typing import Any


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def text(value: str) -> Any:
    return {"str": value}


def number(value: int) -> Any:
    return {"int": str(value)}


def plain(value: Any) -> Any:
    """What a StarValue in ProtoJSON holds, dicts with text keys."""
    ((kind, content),) = value.items()
    match kind:
        case "none":
            return None
        case "int":
            return int(content)
        case "bytes":
            return base64.b64decode(content)
        case "list":
            return [plain(v) for v in content.get("values", [])]
        case "dict":
            pairs = content.get("entries", [])
            return {plain(p["key"]): plain(p["value"]) for p in pairs}
    return content
