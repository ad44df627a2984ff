"""Where do the application's coroutines run, so that they hold up nobody but each other?

On a loop of their own, in a thread of its own. The loop of the transport waits for nothing that a
handler does: health, control, functions in the pool and timeouts go on. `HandlerLoop` takes calls
over to the handlers; what those ask of the transport goes back (`rpc.bridged_calls`, and for calls
of their own `bridged_channel`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple, Unpack

from .crossing import MOST_WAITING, Mailbox, Overloaded, in_own_task, mailbox
from .pool import this_thread_serves
from .stall import StallWatch

A = TypeVarTuple("A")
T = TypeVar("T")

_log = logging.getLogger("plugwright.loops")


class Place(ABC):
    """Where coroutines of the application run. For the loop of the transport."""

    @abstractmethod
    def run(self, function: Callable[[Unpack[A]], Awaitable[T]], *args: *A) -> Awaitable[T]:
        """Await `function(*args)` there. Raises `Overloaded` at once if too many calls wait."""

    @property
    @abstractmethod
    def transport(self) -> Mailbox | None:
        """The loop that serves, for what coroutines there ask of it; None if they run on it."""


class Here(Place):
    """The loop of the transport itself, for servers whose handlers never block.

    In tasks of their own, since the application may cancel them: those of gRPC end without an
    answer.
    """

    def run(self, function: Callable[[Unpack[A]], Awaitable[T]], *args: *A) -> Awaitable[T]:
        return in_own_task(function, *args)

    @property
    def transport(self) -> None:
        return None


class HandlerLoop(Place):
    """A loop in a thread, which starts when first needed; create it on the transport's loop."""

    def __init__(self) -> None:
        self._transport = mailbox()
        self._handlers: Mailbox | None = None
        self._stopping = False  # for the handlers' thread
        self._ended = asyncio.Event()  # of the transport's loop
        self._transport.loop.set_exception_handler(report)

    def run(self, function: Callable[[Unpack[A]], Awaitable[T]], *args: *A) -> Awaitable[T]:
        handlers = self._handlers or self._start()
        if handlers.waiting > MOST_WAITING:
            raise Overloaded("the plugin's coroutines are blocked: too many calls wait")
        return handlers.run(function, *args)

    @property
    def transport(self) -> Mailbox:
        return self._transport

    @property
    def under_way(self) -> int:
        """How many calls have not ended there."""
        return len(self._handlers.crossings) if self._handlers is not None else 0

    def _start(self) -> Mailbox:
        handlers = Mailbox(asyncio.new_event_loop())
        self._thread = threading.Thread(
            target=self._live, args=(handlers,), name="coroutines", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:  # the system gives no more: the next call tries again
            handlers.loop.close()
            raise
        self._handlers = handlers
        return handlers

    def _live(self, handlers: Mailbox) -> None:
        """The thread."""
        this_thread_serves(self._transport)
        handlers.belongs_here()
        try:
            with asyncio.Runner(loop_factory=lambda: handlers.loop) as runner:
                self._work(runner.get_loop())
        finally:
            with contextlib.suppress(RuntimeError):  # the transport has ended first
                self._transport.post(self._ended.set)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the loop. The application may make it return: by `stop`, and by a `sys.exit` in a
        task of its own.
        """
        loop.set_exception_handler(report)
        stalls = StallWatch(loop, "all other coroutines wait for it")
        stalls.start()
        while not self._stopping:
            try:
                loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                _log.exception("a coroutine tried to end the event loop")
        stalls.stop()

    def _return(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stopping = True
        loop.stop()

    async def stop(self) -> None:
        """Cancel what runs there, and return when it has ended."""
        if self._handlers is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                self._handlers.post(self._return, self._handlers.loop)
            await self._ended.wait()
            self._thread.join()


def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The exception handler of our loops.

    All loops of a process share one event queue of grpc.aio. An event wakes every loop that uses
    grpc.aio, as a library may do on the handlers' loop, and the one that comes too late fails
    without harm; grpcio 1.85 says nothing of that, 1.66 does.
    """
    late = isinstance(context.get("exception"), BlockingIOError)
    if not (late and "PollerCompletionQueue" in str(context.get("message"))):
        loop.default_exception_handler(context)
