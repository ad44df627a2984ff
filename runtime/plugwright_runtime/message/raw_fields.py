"""How is a message in wire format taken apart, and put together, without protobuf?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf.message import DecodeError

VARINT, FIXED64, LENGTH, START, END, FIXED32 = range(6)


class RawField(NamedTuple):
    """`whole`: all bytes of the field, tag included; `content`: those between its tag and its end,
    or None for a number."""

    number: int
    kind: int
    whole: bytes
    content: bytes | None


def raw_fields(data: bytes) -> Iterator[RawField]:
    """The fields of a message. DecodeError if `data` is none."""
    at = 0
    while at < len(data):
        start = at
        tag, at = varint_at(data, at)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29 or tag >= 1 << 32:
            raise DecodeError(f"no field has the number {number}")
        content = None
        if kind == LENGTH:
            length, at = varint_at(data, at)
            content = data[at : at + length]
            at += length
        elif kind == START:
            end, after = _end_of_group(data, at, number)
            content, at = data[at:end], after
        else:
            at = _after_number(data, at, kind)
        if at > len(data):
            raise DecodeError("the message is cut off")
        yield RawField(number, kind, data[start:at], content)


def _after_number(data: bytes, at: int, kind: int) -> int:
    if kind == VARINT:
        return varint_at(data, at)[1]
    if kind in (FIXED64, FIXED32):
        return at + (8 if kind == FIXED64 else 4)
    raise DecodeError("a group ends that has not begun, or a field is of no known kind")


def _end_of_group(data: bytes, at: int, number: int) -> tuple[int, int]:
    """Where the tag begins that ends the group `number`, and where it ends."""
    opened = [number]
    start = at
    while opened:
        start = at
        tag, at = varint_at(data, at)
        kind = tag & 7
        if kind == START:
            opened.append(tag >> 3)
        elif kind == END:
            if opened.pop() != tag >> 3:
                raise DecodeError("a group ends that has not begun")
        elif kind == LENGTH:
            length, at = varint_at(data, at)
            at += length
        else:
            at = _after_number(data, at, kind)
        if at > len(data):
            raise DecodeError("the message is cut off")
    return start, at


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends) of the varint at `at`."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise DecodeError("the message is cut off")


def varint(value: int) -> bytes:
    """A number, not negative, as a varint."""
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def with_length(number: int, content: bytes) -> bytes:
    """A field of text, bytes or a message."""
    return varint(number << 3 | LENGTH) + varint(len(content)) + content
