"""How does a response become frames?

`ResponseWriter` keeps the head back until the first byte (or a flush) so that a failure before it
can still become a 500, cuts the body into frames of at most `CHUNK_BYTES`, drops bodies that HTTP
forbids, and holds the handler to the Content-Length it declared. A write returns when the transport
took its frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from .errors import ClientDisconnected
from .fields import declared_length, response_head
from .frames import (
    CHUNK_BYTES,
    ResponseFrame,
    ResponseHead,
    SendFrame,
)


class ResponseWriter:
    """One per exchange, used on its loop. `start`, then any number of `write`, the last one with
    `last=True`.
    """

    def __init__(self, send: SendFrame, *, head_request: bool) -> None:
        self._send = send
        self._head_request = head_request
        self._head: ResponseHead | None = None
        self._missing: int | None = None  # bytes until the declared length; None = nothing declared
        self._turn = asyncio.Lock()
        self._sending: asyncio.Task[None] | None = None
        self._closed = False
        self.bodiless = False
        """The response has no body whatever the handler writes: HEAD, 204, 304."""
        self.started = False
        """A frame is on its way: status and headers cannot change any more."""
        self.completed = False
        """The last frame was taken by the transport."""

    def start(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Sets status and headers; they leave with the first write. Until then a second call
        replaces them.

        Raises `ValueError` for a status or header that cannot be sent, `RuntimeError` if the
        response has started.
        """
        if self.started:
            raise RuntimeError("the response has already started: its status and headers are sent")
        head = response_head(status, headers)
        length = declared_length(head.headers)
        if head.status == 204 and length is not None:
            kept = [field for field in head.headers if field[0] != "Content-Length"]
            head = ResponseHead(head.status, kept)
        self.bodiless = self._head_request or head.status in (204, 304)
        self._head, self._missing = head, None if self.bodiless else length

    async def write(self, data: bytes, *, flush: bool = False, last: bool = False) -> None:
        """Sends `data` at once. `flush` marks the frame with its last byte; `last` ends the
        response.

        Empty data sends the head if it has not left yet. If the caller is cancelled while it waits,
        `data` still goes out whole and in order. Raises `ClientDisconnected`, `RuntimeError` for
        writes in the wrong order, `ValueError` if the body has more or fewer bytes than its
        Content-Length.
        """
        if self.completed and (not data or (self.bodiless and not self._closed)):
            return  # an end mark that came early: by the declared length, or without a body
        async with self._turn:
            await self._settled()
            frames = self._frames(data, flush, last)
            self._sending = asyncio.create_task(self._transmit(frames))
            self._sending.add_done_callback(_seen)
            await self._settled()

    def close(self) -> None:
        """Ends the exchange: writes raise `ClientDisconnected`, also the one that waits."""
        self._closed = True
        if self._sending is not None:
            self._sending.cancel()

    def _frames(self, data: bytes, flush: bool, last: bool) -> Iterator[ResponseFrame]:
        head = self._head
        if head is None:
            raise RuntimeError("the response has no status yet: start it before writing its body")
        if self.completed:
            raise RuntimeError("the response is complete: nothing can be written any more")
        if self.bodiless:
            data, last = b"", True
        last = self._count(len(data), last)
        frames = _cut(None if self.started else head, data, flush, last)
        self.started = True
        return frames

    def _count(self, size: int, last: bool) -> bool:
        """Keeps count of the declared length; with its last byte the response is complete."""
        if self._missing is None:
            return last
        if size > self._missing:
            raise ValueError("the response body is longer than its Content-Length")
        if last and size < self._missing:
            raise ValueError(
                f"the response body ends {self._missing - size} bytes short of its Content-Length"
            )
        self._missing -= size
        return last or (size > 0 and self._missing == 0)

    async def _transmit(self, frames: Iterator[ResponseFrame]) -> None:
        for frame in frames:
            await self._send(frame)
            self.completed = frame.complete

    async def _settled(self) -> None:
        """Waits for the write under way. It is shielded: a gRPC write that is cancelled half-way
        spoils the call.
        """
        if self._closed:
            raise ClientDisconnected()
        if self._sending is None:
            return
        try:
            await asyncio.shield(self._sending)
        except asyncio.CancelledError:
            if self._closed:
                raise ClientDisconnected() from None
            raise
        except Exception as error:
            self._closed = True
            raise ClientDisconnected("the response could not be sent") from error
        self._sending = None


def _seen(task: asyncio.Task[None]) -> None:
    """Marks the exception of a write that nobody waits for any more as known."""
    if not task.cancelled():
        task.exception()


def _cut(
    head: ResponseHead | None, data: bytes, flush: bool, last: bool
) -> Iterator[ResponseFrame]:
    """The frames of one write: the head on the first, the marks on the last; none if there is
    nothing to say.
    """
    end = max(len(data), 1)
    for start in range(0, end, CHUNK_BYTES):
        chunk = data if end <= CHUNK_BYTES else data[start : start + CHUNK_BYTES]
        at_end = start + CHUNK_BYTES >= end
        if chunk or head is not None or last or flush:
            yield ResponseFrame(head, chunk, complete=last and at_end, flush=flush and at_end)
        head = None
