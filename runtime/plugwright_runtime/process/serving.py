"""What is the life of a plugin's server, however a host started it?

The same for every launch style: the application registers, the server listens and is announced,
calls are served until something asks to stop, those that run get part of the grace, and the
application is told last. A style says where to listen and what to announce (`ServerProcess`), and
`run_guarded` makes a whole program of it.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn, TypeAlias, TypeVar

from ..exceptions import LaunchError
from ..limits import message_limits
from .diversion import mend_streams
from .endpoint import discard
from .guardian import Guardian
from .server_limits import ServerLimits
from .started import keep_grpc_out_of_forks

T = TypeVar("T")

Register: TypeAlias = Callable[[T], Awaitable[None] | None]
"""Adds the handlers of an application to a grpc server, or to what has one."""

OnStop: TypeAlias = Callable[[], Awaitable[None]]
"""Called after the last call has ended."""

Close: TypeAlias = Callable[[], Awaitable[None]]
"""Takes back what has been opened."""

UnderWay: TypeAlias = Callable[[], int]
"""How many handlers go on."""

Options: TypeAlias = Sequence[tuple[str, Any]]
"""Of a grpc server or channel."""

LOOK_SECONDS = 0.02  # between looks for handlers under way, at the end
WAITING_CONNECTIONS = 8  # that may send as many calls as they are allowed, all at once

_log = logging.getLogger("plugwright.process")


class ServerProcess(ABC):
    """One plugin process from the first socket to the last byte.

    `server`: a `grpc.aio.Server`, not started. `on_stop`: after the last call has ended, if
    registering succeeded. `counts`: say how many handlers are under way, for the server knows of
    those only for which a caller waits.
    """

    def __init__(self, server: Any, guardian: Guardian, on_stop: OnStop | None) -> None:
        self.server = server
        self.guardian = guardian
        self._on_stop = on_stop
        self._started = False
        self.counts: list[UnderWay] = []

    @abstractmethod
    def register(self) -> Awaitable[None] | None:
        """Let the application add its handlers."""

    @abstractmethod
    async def listen(self) -> Close:
        """Give the server its address; what is returned takes it away again. May raise
        `LaunchError`.
        """

    @abstractmethod
    def announce(self) -> None:
        """Tell the host that the server is there. May raise `LaunchError`."""

    async def finish_calls(self) -> None:
        """Refuse new calls and give those that run half of the grace; and what goes on of a call
        whose caller is gone.
        """
        grace = self.guardian.remaining() / 2
        end = time.monotonic() + grace
        await self.server.stop(grace)
        while any(count() for count in self.counts) and time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)

    async def live(self) -> int:
        """Start, serve, stop; the exit code."""
        try:
            return await self._live()
        finally:
            if not self._started:
                await discard(self.server)

    async def _live(self) -> int:
        registered = self.register()
        stopping = self.guardian.stopping
        if inspect.isawaitable(registered) and not await unless_set(stopping, registered):
            return 0
        try:
            await self._serve_calls()
        finally:
            code = await self._tell_application()
        return code

    async def _serve_calls(self) -> None:
        close = await self.listen()
        try:
            self._started = True
            await self.server.start()
            self.announce()
            await self.guardian.stopping.wait()
        finally:
            await self.finish_calls()
            await close()

    async def _tell_application(self) -> int:
        if self._on_stop is None:
            return 0
        try:
            await asyncio.wait_for(self._on_stop(), max(self.guardian.remaining() - 0.1, 0.1))
        except TimeoutError:
            _log.error("stopping the application took too long")
            return 1
        except Exception:
            _log.exception("stopping the application failed")
            return 1
        return 0


def run_guarded(
    make_guardian: Callable[[], Guardian], make: Callable[[Guardian], ServerProcess]
) -> NoReturn:
    """A server process as a whole program."""

    async def serve() -> tuple[int, Guardian]:
        keep_grpc_out_of_forks()
        guardian = make_guardian()
        guardian.start()
        try:
            return await make(guardian).live(), guardian
        except Exception as error:
            tell_why(error)
        return 1, guardian

    run_to_exit(serve)


def run_to_exit(serve: Callable[[], Awaitable[tuple[int, Guardian | None]]]) -> NoReturn:
    """`serve` on an event loop of its own, then exit, by force if threads of the application go on.
    It gives the exit code, and the guardian if there is one on duty.
    """

    async def main() -> int:
        code, guardian = await serve()
        if guardian is not None:
            guardian.exit_code = code
            guardian.stop("serving has ended")
        return code

    code = asyncio.run(main())
    mend_streams()
    sys.exit(code)


def refuse(error: LaunchError) -> NoReturn:
    """End a program that cannot become a process of its style."""
    tell_why(error)
    mend_streams()
    sys.exit(1)


def tell_why(error: Exception) -> None:
    """Say in the log why there is no plugin."""
    if isinstance(error, LaunchError):
        _log.error("the plugin cannot start: %s", error)
    else:
        _log.error("the plugin cannot start", exc_info=error)


def server_options(limits: ServerLimits) -> Options:
    """grpc's defaults would refuse messages over 4 MiB, share our port with another plugin, and
    cancel calls at random once 1000 wait for the event loop: one connection may bring twice that.
    """
    waiting = WAITING_CONNECTIONS * limits.max_streams
    return [
        *message_limits(limits.max_message_bytes),
        ("grpc.server.max_pending_requests", waiting),
        ("grpc.server.max_pending_requests_hard_limit", 2 * waiting),
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", limits.max_streams),
        # It counts calls as under way that the peer knows to be over, and so refuses the next ones
        # of a peer that keeps to the limit. What a peer may have open is limited without it.
        ("grpc.http.overload_protection", 0),
        ("grpc.server_handshake_timeout_ms", 10_000),
    ]


async def unless_set(event: asyncio.Event, work: Awaitable[None]) -> bool:
    """Await `work`, but cancel it when `event` is set; whether it was completed."""
    working = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.wait({working})
    return False
