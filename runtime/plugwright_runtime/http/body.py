"""Where does the request body wait until the handler reads it?

`RequestBody` reads frames in a task of its own, so that a reader that is cancelled in the middle (a
timeout, a framework that polls for a disconnect) loses nothing, and stops reading when
`BUFFER_BYTES` wait: from there on the flow control of HTTP/2 holds the sender back. Everything here
runs on the event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from .errors import ClientDisconnected
from .frames import CHUNK_BYTES, RequestFrame

BUFFER_BYTES: Final = 4 * CHUNK_BYTES
"""Reading ahead stops at this many unread bytes."""


class RequestBody:
    """The body behind the first frame; give it the iterator that the first frame was taken from."""

    def __init__(self, first: RequestFrame, frames: AsyncIterator[RequestFrame]) -> None:
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._complete = False
        self._failure: str | None = None
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._gone = asyncio.Event()
        self._add(first)
        self._pump = None if self._complete else asyncio.create_task(self._fill(frames))

    @property
    def ended(self) -> bool:
        """All of the body has arrived and was received."""
        return self._complete and not self._chunks

    @property
    def gone(self) -> bool:
        """The exchange is over: the client left or the response is finished."""
        return self._gone.is_set()

    async def receive(self) -> bytes:
        """The next piece, `b""` at the end. Raises `ClientDisconnected` if the rest will never
        come.
        """
        while not self._chunks:
            if self._failure is not None:
                raise ClientDisconnected(self._failure)
            if self._complete:
                return b""
            self._readable.clear()
            await self._readable.wait()
        chunk = self._chunks.popleft()
        self._buffered -= len(chunk)
        self._writable.set()
        return chunk

    def unread(self, data: bytes) -> None:
        """Puts `data` back, to be received again before anything else."""
        if data and not self.gone:
            self._chunks.appendleft(data)
            self._buffered += len(data)
            self._readable.set()

    async def wait_gone(self) -> None:
        """Returns when the exchange is over."""
        await self._gone.wait()

    def close(self) -> None:
        """Ends the exchange: reads get `ClientDisconnected` from now on, the pump stops."""
        if self._pump is not None:
            self._pump.cancel()
        self._chunks.clear()
        self._buffered = 0
        self._fail("the HTTP client went away")
        self._gone.set()

    def _add(self, frame: RequestFrame) -> None:
        # Empty chunks are not kept: a peer that sends millions of them must not grow the queue.
        if frame.chunk:
            self._chunks.append(frame.chunk)
            self._buffered += len(frame.chunk)
        self._complete = frame.complete
        self._readable.set()

    def _fail(self, reason: str) -> None:
        self._failure = self._failure or reason
        self._readable.set()

    async def _fill(self, frames: AsyncIterator[RequestFrame]) -> None:
        """Reads until the frame marked complete; what a host sends after it stays unread."""
        reason = "the request ended before its body was complete"
        try:
            async for frame in frames:
                self._add(frame)
                if frame.complete:
                    return
                while self._buffered >= BUFFER_BYTES:
                    self._writable.clear()
                    await self._writable.wait()
        except Exception as error:
            # Whatever the transport raises means that no more will come; its text is of no use to a
            # handler.
            reason = f"the request stream broke ({type(error).__name__})"
        finally:
            if not self._complete:
                self._fail(reason)
