"""How do blocking handlers run beside the event loop, and reach back into it?

`ThreadBridge.run` takes a function to a thread of the pool, `ThreadBridge.block_on` takes a
coroutine from such a thread to the loop and waits. When the exchange is closed every wait ends with
`ClientDisconnected`; the thread itself cannot be stopped and ends at its next read or write.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent import futures
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from ..failure_log import report
from ..loops.calling import Threads
from ..loops.pool import waiting
from .errors import ClientDisconnected

A = TypeVarTuple("A")
T = TypeVar("T")

_LOOP_CHECK_SECONDS: Final = 5.0


class ThreadBridge(Threads):
    """One per exchange. Create it on the loop that serves the exchange."""

    def __init__(self, executor: futures.Executor, logger: logging.Logger) -> None:
        super().__init__(executor)
        self._logger = logger
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._waiting: set[futures.Future[Any]] = set()
        self._lock = threading.Lock()
        self._closed = False

    async def run(self, function: Callable[[Unpack[A]], T], *args: *A) -> T:
        return await super().run(self._guarded, function, args)

    def _guarded(self, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        try:
            return function(*args)
        except ClientDisconnected:
            raise
        except BaseException as error:
            if self._closed:  # nobody awaits this thread any more, or would report it
                text = "http handler failed after the client went away"
                report(self._logger, error, text)
            raise

    def block_on(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """From a pool thread: the result of `coroutine` on the loop.

        Raises what it raises, `ClientDisconnected` once the exchange is closed, `RuntimeError` on
        the loop's thread.
        """
        if threading.get_ident() == self._loop_thread:
            coroutine.close()
            raise RuntimeError(
                "this would block the event loop: in a coroutine handler use the awaitable form"
            )
        future: futures.Future[T] = futures.Future()
        with self._lock:
            if not (gone := self._closed):
                self._waiting.add(future)
        try:
            if gone or self._loop.is_closed():
                coroutine.close()
                raise ClientDisconnected()
            self._loop.call_soon_threadsafe(self._start, coroutine, future)
            with waiting():
                return self._result(future)
        finally:
            with self._lock:
                self._waiting.discard(future)

    # A future is set on the loop's thread alone, so that looking at it first is safe.

    def _start(self, coroutine: Coroutine[Any, Any, T], future: futures.Future[T]) -> None:
        if future.done():
            coroutine.close()
        else:
            task = self._loop.create_task(coroutine)
            task.add_done_callback(lambda done: _hand_over(done, future))

    def _result(self, future: futures.Future[T]) -> T:
        while not futures.wait([future], _LOOP_CHECK_SECONDS).done:
            if self._loop.is_closed():
                raise ClientDisconnected()
        return future.result()

    def close(self) -> None:
        """On the loop: ends all waits, now and later, with `ClientDisconnected`.

        It ends them itself, without another turn of the loop: nobody may wait for a loop that, on
        its way out, waits for the threads of the pool.
        """
        with self._lock:
            self._closed = True
            waiting = list(self._waiting)
        for future in waiting:
            if not future.done():
                future.set_exception(ClientDisconnected())


def _hand_over(task: asyncio.Task[T], future: futures.Future[T]) -> None:
    """Takes the outcome from the loop to the thread that waits for it."""
    error = ClientDisconnected() if task.cancelled() else task.exception()
    if future.done():
        return  # the thread was told that the client is gone
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(task.result())
