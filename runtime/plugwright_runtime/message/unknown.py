"""Which fields of a message does its descriptor not know, and at what cost are they found?

A reader asks each message with `UnknownFieldSet(m)`: cheap if there are none, but an object for
each one that there is, for which a peer pays two bytes. So large messages are read without them
first; protobuf itself says whether there were any; and only then they are read once more, with
each message taken apart in place of asking it. All of this takes time and memory in proportion to
the bytes that came in, however they are spread over messages and levels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

# In so few bytes not even unknown fields alone cost much: 20 ms, and 4 MiB for a moment.
LARGE = 64 * 1024


Inside: TypeAlias = list[Any] | None
"""Where readers of well-known types note each message that has unknown fields; None = nowhere."""


class _Sure:
    """Passed as `keep`: some message has unknown fields, so each is taken apart to see."""


SURE: Any = _Sure()


def rest(message: Any) -> bytes:
    """The fields of `message` itself that its descriptor does not know, in wire format.

    Uses the message up: what is known is removed, for a copy would hold all that is below.
    """
    cls = type(message)  # whose methods no field can hide
    for field, _ in cls.ListFields(message):
        cls.ClearField(message, field.name)
    data: bytes = cls.SerializePartialToString(message)
    return data


def read_large(parse: Callable[[bytes], Any], read: Callable[[Any, Any], T], data: bytes) -> T:
    """What `read(message, keep)` makes of more than `LARGE` bytes."""
    message = parse(data)
    value = read(message, False)
    if not _has_unknown(message):
        return value
    del message, value  # before as much is made again
    return read(parse(data), SURE)


def _has_unknown(message: Any) -> bool:
    """Whether `message`, or one that it holds, has unknown fields. Uses it up."""
    cls = type(message)
    for field in cls.DESCRIPTOR.fields:
        if field.message_type is None:  # measuring would copy it
            cls.ClearField(message, field.name)
    try:
        size = cls.ByteSize(message)
    except Exception:  # protobuf writes no message that nests as deeply as `deep` reads
        return True
    cls.DiscardUnknownFields(message)
    return bool(size != cls.ByteSize(message))
