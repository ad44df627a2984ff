"""How do bytes get from an accepted connection to another one, within bounded memory?

In: a listening socket, perhaps a TLS context for what it accepts, and a function that opens the
far side. A `Relay` moves bytes both ways with backpressure: a side that does not read stops the
other side from being read. So many connections may be open, and with TLS `MAX_HANDSHAKES` being set
up; when that many peers hang in their handshake, the oldest gives way to the newest, so that idle
strangers cannot keep the host out. Called by `goplugin.tls` and `file_scheme`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import cast

HIGH_WATER = 256 * 1024  # bytes waiting for a side before the other is no longer read
MAX_CONNECTIONS = 128
MAX_HANDSHAKES = 32
HANDSHAKE_SECONDS = 5.0
LINGER_SECONDS = 0.2  # the same at the end of the process
COMPLAINT_SECONDS = 5.0
DRAIN_SECONDS = 1.0  # for what is still on its way when one side has closed

Factory = Callable[[], asyncio.Protocol]
Connect = Callable[[Factory], Awaitable[object]]

_log = logging.getLogger("plugwright.process")


class Side(asyncio.Protocol):
    """One connection of a pair; reads nothing until it is joined to its peer."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._peer: Side | None = None

    def join(self, peer: Side) -> None:
        """Start to move what arrives here to `peer`."""
        self._peer = peer
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._peer is not None and self._peer._transport is not None:
            self._peer._transport.write(data)

    def pause_writing(self) -> None:
        if self._peer is not None and self._peer._transport is not None:
            self._peer._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._peer is not None and self._peer._transport is not None:
            self._peer._transport.resume_reading()

    def close(self) -> None:
        """Send what waits, then close."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()


class Relay:
    """Serves one listening socket; owns it and every connection that came from it."""

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        connect: Connect,
        near: Callable[[], Side] = Side,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        """`near`: makes the side of an accepted connection."""
        self._listening = listening
        self._tls = tls
        self._connect = connect
        self._near = near
        self._max_connections = max_connections
        self._opening: dict[asyncio.Task[None], None] = {}  # in order of arrival
        self._open: set[asyncio.Task[None]] = set()
        self._next_complaint = 0.0
        self._accepting = asyncio.create_task(self._accept(), name="relay-accept")

    async def close(self) -> None:
        """Stop listening, let connections whose far side has closed deliver the rest, abort the
        others.
        """
        await cancel(self._accepting, *self._opening)
        self._listening.close()
        if self._open:
            await asyncio.wait(self._open, timeout=LINGER_SECONDS)
        await cancel(*self._open)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listening)
            except OSError as error:  # out of descriptors, or the peer is gone already
                _log.warning("cannot accept a connection: %s", error)
                await asyncio.sleep(0.1)
                continue
            if len(self._open) >= self._max_connections:
                accepted.close()
                continue
            if self._tls is not None and len(self._opening) >= MAX_HANDSHAKES:
                oldest = next(iter(self._opening))
                del self._opening[oldest]
                oldest.cancel()
            task = asyncio.create_task(self._serve(accepted), name="relay-connection")
            self._opening[task] = None
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._opening.pop(task, None)
        self._open.discard(task)

    async def _serve(self, accepted: socket.socket) -> None:
        near, far = self._near(), Side()
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: near, accepted, ssl=self._tls
                )
                await self._connect(lambda: far)
            self._mark_open()
            near.join(far)
            far.join(near)
            await finish(near, far)
        except (OSError, TimeoutError) as error:  # ssl's errors are OSErrors
            self._complain(str(error) or "no handshake in time")
        finally:
            near.abort()
            far.abort()

    def _complain(self, reason: str) -> None:
        """Log a refused connection; under a flood of them one per `COMPLAINT_SECONDS`."""
        now = time.monotonic()
        if now >= self._next_complaint:
            self._next_complaint = now + COMPLAINT_SECONDS
            _log.warning("connection refused: %s", reason)

    def _mark_open(self) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._opening.pop(task, None)
        self._open.add(task)


async def finish(near: Side, far: Side) -> None:
    """Wait until one side is closed, then give the other a moment to send what it still has."""
    await asyncio.wait({near.closed, far.closed}, return_when=asyncio.FIRST_COMPLETED)
    near.close()
    far.close()
    await asyncio.wait({near.closed, far.closed}, timeout=DRAIN_SECONDS)


async def cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
