"""How is a message parsed that nests more deeply than protobuf's parsers go?

They refuse more than 100 messages inside each other, hosts in Go only more than 10,000; and one
level of a recursive value takes up to four messages. So what a protocol allows beyond 100 is taken
apart here, level by level from the top, until each piece is shallow enough for protobuf. The pieces
are parsed in the order they came in, so the last one counts where protobuf says that it does.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from .descriptors import is_repeated
from .raw_fields import LENGTH, START, RawField, raw_fields

# Each level looks at all that is below it, so a long message takes long if it is deep too. So many
# bytes take half a second.
_BYTES_READ = 256 * 1024 * 1024
# A level takes two bytes, so nothing shorter is too deep.
_SHORT = 200


def parse(cls: Any, nesting: int, data: bytes) -> Any:
    """The message of protobuf class `cls` in `data`, with `nesting` messages below it, or 100 more.

    DecodeError if `data` is no such message, nests more deeply, or is too long for how deep it is.
    """
    try:
        return cls.FromString(data)
    except DecodeError:
        if len(data) < _SHORT:
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
        cls = type(message)
        fields = cls.DESCRIPTOR.fields_by_number
        shallow: list[bytes] = []
        for raw in raw_fields(data):
            field = fields.get(raw.number)
            if field is None or not self._is_deep(raw, field, cls):
                shallow.append(raw.whole)
                continue
            cls.MergeFromString(message, b"".join(shallow))
            shallow.clear()
            self._fill_field(getattr(message, field.name), field, raw, level + 1)
        cls.MergeFromString(message, b"".join(shallow))

    def _is_deep(self, raw: RawField, field: Any, cls: Any) -> bool:
        """Whether protobuf does not parse a field of `cls` that is a message, as it is declared."""
        content = raw.content
        if content is None or len(content) < _SHORT or not _nests(field):
            return False
        if raw.kind != (START if field.type == FieldDescriptor.TYPE_GROUP else LENGTH):
            return False
        self._left -= len(content)
        if self._left < 0:
            raise DecodeError("the message is too long for how deep it nests")
        try:
            cls.FromString(raw.whole)
        except DecodeError:
            return True
        return False

    def _fill_field(self, value: Any, field: Any, raw: RawField, level: int) -> None:
        """Parse one field into `value`, what the message has there."""
        content = raw.content or b""
        if field.message_type.GetOptions().map_entry:
            self._fill_entry(value, _class(field.message_type), content, level)
            return
        if is_repeated(field):
            value = value.add()
        type(value).SetInParent(value)
        self.fill(value, content, level)

    def _fill_entry(self, values: Any, entry: Any, content: bytes, level: int) -> None:
        """Parse an entry of a map of messages, in place of one with the same key.

        protobuf keeps an entry that has more than key and value as unknown; no deep one can be.
        """
        inside = list(raw_fields(content))
        try:
            keys = b"".join(f.whole for f in inside if f.number == 1)
            key = entry.FromString(keys).key
            if key in values:
                del values[key]
            value = values[key]
        except UnicodeDecodeError as error:
            raise DecodeError(f"the key of a deep entry is no UTF-8: {error}") from None
        for field in inside:
            if field.number == 2 and field.kind == LENGTH:
                self.fill(value, field.content or b"", level + 1)


def _nests(field: Any) -> bool:
    """Whether there are messages in a field: below the entry, if it is a map."""
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        inner = inner.fields_by_name["value"].message_type
    return inner is not None


def _class(descriptor: Any) -> Any:
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(descriptor)
