"""How does `plugwright inspect` print a schema or a plan? As JSON."""

from __future__ import annotations

import dataclasses
from typing import Any


def plain(value: Any) -> Any:
    """Schema and plan nodes as JSON values; each node names its type."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__} | fields
    if (named := getattr(value, "_asdict", None)) is not None:
        fields = {k: plain(v) for k, v in named().items()}
        return {"type": type(value).__name__} | fields
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
