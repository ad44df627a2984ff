"""Random messages of any type, and random damage to their bytes: from a seed, always the same."""

from __future__ import annotations

import random
import struct
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as F

_TEXTS = ["", "a", "é🙂", "true", "x" * 70]
_BLOBS = [b"", b"\x00", b"\xff\xfe", b"a" * 9]
_INTS = [0, 1, 2, 7, 127, 128, 300, 2**31 - 1]
_FLOATS = [0.0, -0.0, 1.5, -1.0, 2.0**60, float("inf"), float("nan")]
_SIGNED = frozenset(
    (
        *(F.TYPE_INT32, F.TYPE_INT64, F.TYPE_SINT32, F.TYPE_SINT64),
        *(F.TYPE_SFIXED32, F.TYPE_SFIXED64),
    )
)
_WIDE = frozenset(
    (
        *(F.TYPE_INT64, F.TYPE_UINT64, F.TYPE_SINT64),
        *(F.TYPE_FIXED64, F.TYPE_SFIXED64),
    )
)


def fill(rng: random.Random, message: Any, depth: int = 0) -> Any:
    """`message` with some of its fields set; all that are required."""
    for field in type(message).DESCRIPTOR.fields:
        required = _is_required(field)
        if not required and rng.random() > (0.25 if depth < 2 else 0.05):
            continue
        if not required and field.message_type is not None and depth > 5:
            continue
        _set(rng, message, field, depth)
    return message


def _set(rng: random.Random, message: Any, field: Any, depth: int) -> None:
    inner = field.message_type
    value = getattr(message, field.name)
    if inner is not None and inner.GetOptions().map_entry:
        key, kind = inner.fields_by_name["key"], inner.fields_by_name["value"]
        for _ in range(rng.randrange(1, 3)):
            if kind.message_type is not None:
                fill(rng, value[_scalar(rng, key)], depth + 1)
            else:
                value[_scalar(rng, key)] = _scalar(rng, kind)
    elif _is_repeated(field):
        for _ in range(rng.randrange(1, 4)):
            if inner is not None:
                fill(rng, value.add(), depth + 1)
            else:
                value.append(_scalar(rng, field))
    elif inner is not None:
        value.SetInParent()
        fill(rng, value, depth + 1)
    else:
        setattr(message, field.name, _scalar(rng, field))


def _scalar(rng: random.Random, field: Any) -> Any:
    if field.type == F.TYPE_STRING:
        return rng.choice(_TEXTS)
    if field.type == F.TYPE_BYTES:
        return rng.choice(_BLOBS)
    if field.type == F.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == F.TYPE_ENUM:
        return rng.choice(field.enum_type.values).number
    if field.type == F.TYPE_DOUBLE:
        return rng.choice(_FLOATS)
    if field.type == F.TYPE_FLOAT:
        return struct.unpack("<f", struct.pack("<f", rng.choice(_FLOATS)))[0]
    value = rng.choice(_INTS) << (32 if field.type in _WIDE and rng.random() < 0.3 else 0)
    return -value if field.type in _SIGNED and rng.random() < 0.3 else value


def damaged(rng: random.Random, data: bytes) -> bytes:
    """`data` with a few bytes changed, lost, doubled, put in or moved."""
    out = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(out) + 1)
        to = min(len(out), at + rng.randrange(1, 12))
        match rng.randrange(5):
            case 0 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                del out[at:to]
            case 2:
                out[at:at] = out[at:to]
            case 3:
                out[at:at] = rng.randbytes(rng.randrange(1, 4))
            case _:
                out += out[at:to]
    return bytes(out)


def _is_required(field: Any) -> bool:
    if hasattr(type(field), "is_required"):
        return bool(field.is_required)
    return bool(field.label == F.LABEL_REQUIRED)


def _is_repeated(field: Any) -> bool:
    if hasattr(type(field), "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == F.LABEL_REPEATED)
