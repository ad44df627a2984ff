"""Do two sides understand each other whose protos differ by one field? The groups of types that
protobuf reads as one another, and how many values a field has.
"""

from __future__ import annotations

from .identity import ProtoField

_VARINTS = frozenset({"int32", "int64", "uint32", "uint64", "bool"})
_SAME_BYTES = (
    _VARINTS,
    frozenset({"sint32", "sint64"}),
    frozenset({"fixed32", "sfixed32"}),
    frozenset({"fixed64", "sfixed64"}),
)
_SAME_JSON = (
    frozenset({"int32", "uint32"}),
    frozenset({"int64", "uint64"}),
    frozenset({"fixed32", "sfixed32"}),
    frozenset({"fixed64", "sfixed64"}),
)


def same_bytes(old: ProtoField, new: ProtoField) -> bool:
    """Whether the bytes that one side writes are a value to the other."""
    if _count(old) != _count(new):
        return False
    is_wider = (old.type, new.type) == ("string", "bytes")
    return is_wider or _together(old.type, new.type, _SAME_BYTES)


def same_json(old: ProtoField, new: ProtoField) -> bool:
    """Whether a value is written alike in JSON."""
    return _count(old) == _count(new) and _together(old.type, new.type, _SAME_JSON)


def _count(field: ProtoField) -> str:
    """`optional` is no matter of the wire."""
    return "" if field.label == "optional" else field.label


def _together(old: str, new: str, groups: tuple[frozenset[str], ...]) -> bool:
    return old == new or any(old in group and new in group for group in groups)
