"""How is a message parsed that nests more deeply than protobuf's parsers go?

They refuse more than 100 messages inside each other, hosts in Go only more than 10,000; and one
level of a recursive value takes up to four messages. So what a protocol allows beyond 100 is taken
apart here, level by level from the top, until each piece is shallow enough for protobuf.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf import message_factory
from google.protobuf.message import DecodeError

from .descriptors import is_repeated

# Each level looks at all that is below it, so a long message takes long if it is deep too. So many
# bytes take half a second.
_BYTES_READ = 256 * 1024 * 1024


def parse(cls: Any, nesting: int, data: bytes) -> Any:
    """The message of protobuf class `cls` in `data`, with `nesting` messages below it, or 100 more.

    DecodeError if `data` is no such message, nests more deeply, or is too long for how deep it is.
    """
    try:
        return cls.FromString(data)
    except DecodeError:
        if len(data) < 200:  # a level takes two bytes
            raise
    message = cls()
    _Filler(nesting).fill(message, data, 0)
    return message


class _Filler:
    """Fills one message; the bytes it may still read."""

    def __init__(self, nesting: int) -> None:
        self._nesting = nesting
        self._left = _BYTES_READ

    def fill(self, message: Any, data: bytes, level: int) -> None:
        """Parse `data` into `message`, which is `level` messages below the first."""
        if level > self._nesting:
            raise DecodeError(f"messages nest more than {self._nesting} levels deep")
        fields = type(message).DESCRIPTOR.fields_by_number
        rest = []
        for number, field, content in _fields(data):
            known = fields.get(number)
            if content is None or known is None or known.message_type is None:
                rest.append(field)
            elif known.message_type.GetOptions().map_entry:
                entry = message_factory.GetMessageClass(known.message_type)()
                self._read(entry, content, level + 1)
                _put(getattr(message, known.name), entry)
            else:
                child = getattr(message, known.name)
                if is_repeated(known):
                    child = child.add()
                type(child).SetInParent(child)
                self._read(child, content, level + 1)
        type(message).MergeFromString(message, b"".join(rest))

    def _read(self, message: Any, data: bytes, level: int) -> None:
        """As `fill`, by protobuf if it can."""
        self._left -= len(data)
        if self._left < 0:
            raise DecodeError("the message is too long for how deep it nests")
        try:
            parsed = type(message).FromString(data)
        except DecodeError:
            if len(data) < 200:
                raise
            self.fill(message, data, level)
        else:
            type(message).MergeFrom(message, parsed)


def _put(container: Any, entry: Any) -> None:
    """Add a parsed entry to a map."""
    if hasattr(container, "get_or_create"):
        type(entry.value).CopyFrom(container[entry.key], entry.value)
    else:
        container[entry.key] = entry.value


def _fields(data: bytes) -> Iterator[tuple[int, bytes, bytes | None]]:
    """(number, all its bytes, its content if it has a length) of each field in `data`."""
    at = 0
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        content = None
        kind = tag & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        elif kind == 2:
            length, at = _varint(data, at)
            content = data[at : at + length]
            at += length
        else:
            raise DecodeError("groups do not nest so deeply")
        if at > len(data):
            raise DecodeError("the message is cut off")
        yield tag >> 3, data[start:at], content


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise DecodeError("the message is cut off")
