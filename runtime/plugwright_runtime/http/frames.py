"""What travels on an HTTP-over-gRPC stream, free of any proto?

A request is a sequence of `RequestFrame`, a response one of `ResponseFrame`. The first frame of
each carries the head, every frame may carry a piece of the body, the last one is marked `complete`.
A generated SDK turns its messages into these and back; nothing in this package knows another shape.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

CHUNK_BYTES: Final = 64 * 1024
"""The most body bytes that one response frame carries."""

HeaderPairs: TypeAlias = Sequence[tuple[str, str]]
"""Header fields in order, one pair per value: a name may occur several times."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The HTTP request without its body, as the host received it."""

    method: str
    url: str
    proto: str = "HTTP/1.1"
    proto_major: int = 1
    proto_minor: int = 1
    headers: HeaderPairs = ()
    host: str = ""
    remote_addr: str = ""
    request_uri: str = ""
    content_length: int = -1
    """Bytes of the body; -1 = unknown."""
    context: object = None
    """The plugin context of the call, handed to the handler untouched."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status and header fields. A status is 0 (the host answers 200) or 200 to 999."""

    status: int
    headers: HeaderPairs = ()


@dataclass(frozen=True, slots=True)
class RequestFrame:
    """One message from the host."""

    head: RequestHead | None = None
    chunk: bytes = b""
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ResponseFrame:
    """One message to the host: at most `CHUNK_BYTES` of body; `flush` asks the host to pass on all
    it has so far.
    """

    head: ResponseHead | None = None
    chunk: bytes = b""
    complete: bool = False
    flush: bool = False


SendFrame: TypeAlias = Callable[[ResponseFrame], Awaitable[None]]
"""Writes one frame to the stream; returns when the transport took it, which is the backpressure of
a slow client.
"""
