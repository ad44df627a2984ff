"""How do the messages of a stream reach a servicer's method, and how do its answers leave it?

A method may be a function, which runs in the threads of a pool, or a coroutine. Whoever ends a
call, what is left of it on this side is closed: a generator runs its `finally`, a loop over the
requests ends with an exception.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import Executor
from typing import Any, Generic, TypeVar

from ..failure_log import report
from ..loops.crossing import in_thread
from ..loops.pool import waiting

T = TypeVar("T")

_log = logging.getLogger("plugwright.rpc")
_END: Any = object()
_GONE = "the call is over"


class Requests(Generic[T]):
    """The incoming messages of a stream, for `for` in a function and `async for` in a coroutine.

    A caller that goes away before the end of its stream ends the loop with
    `asyncio.CancelledError`, so that half a stream is never taken for a whole one.
    """

    def __init__(self, messages: AsyncIterator[T], loop: asyncio.AbstractEventLoop) -> None:
        self._messages = messages
        self._loop = loop
        self._thread = threading.get_ident()  # the loop's
        self._step: asyncio.Task[Any] | None = None
        self._over = False
        self._cut = False

    def end(self, _: object = None) -> None:
        """The call is over: who still waits for a message gets none. For the event loop."""
        self._over = True
        if self._step is not None:
            self._step.cancel()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        if self._cut:
            raise RuntimeError(
                "a read of this stream was cancelled, so its rest is lost: shield the reads"
            )
        try:
            return await anext(self._messages)
        except asyncio.CancelledError:
            self._cut = True
            raise

    def __iter__(self) -> Iterator[T]:
        while (message := self._next()) is not _END:
            yield message

    def _next(self) -> Any:
        if threading.get_ident() == self._thread:
            raise RuntimeError("this would block the event loop: use `async for`")
        if self._over:  # the loop may have stopped, too
            raise asyncio.CancelledError(_GONE)
        with waiting():
            step = asyncio.run_coroutine_threadsafe(self._read(), self._loop)
            try:
                return step.result()
            except concurrent.futures.CancelledError:
                raise asyncio.CancelledError(_GONE) from None

    async def _read(self) -> Any:
        if self._over:
            raise asyncio.CancelledError(_GONE)
        self._step = asyncio.current_task()
        try:
            return await anext(self._messages, _END)
        finally:
            self._step = None


async def all_of(
    messages: AsyncIterator[bytes], context: Any, serving: asyncio.Task[Any] | None
) -> AsyncIterator[bytes]:
    """The messages of a call, up to the last one that the caller meant to send.

    gRPC ends them alike when the caller has sent all and when it has gone away, and cancels the
    task that is `serving` the call a moment later. A further read comes back after that, but for
    one in some thousands; five did so always.
    """
    async for message in messages:
        yield message
    for _ in range(5):
        await context.read()
        if serving is not None and serving.cancelling():
            raise asyncio.CancelledError(_GONE)


async def items(replies: Any, executor: Executor) -> AsyncGenerator[Any, None]:
    """The items of an iterator of either kind, which is closed at the end, however it comes.

    A plain iterator advances in the threads of `executor`, and only as fast as its items are taken.
    """
    if hasattr(replies, "__aiter__"):
        answers = aiter(replies)
        try:
            while (reply := await _next(answers)) is not _END:
                yield reply
        finally:
            if hasattr(answers, "aclose"):
                await answers.aclose()
        return
    variables = contextvars.copy_context()
    steps = _Steps(iter(replies), variables)
    try:
        while True:
            reply = await in_thread(executor, steps.advance, variables=variables)
            if reply is _END:
                break
            yield reply
    finally:
        steps.stop(executor)


async def _next(answers: AsyncIterator[Any]) -> Any:
    try:
        return await anext(answers, _END)
    except GeneratorExit as error:
        raise RuntimeError("the handler raised GeneratorExit") from error


class _Steps:
    """An iterator that advances in other threads. It cannot be interrupted, and is not closed
    while it runs: a step that is still under way at the end closes it.

    `variables`: the context variables that all steps, one after the other, see and set.
    """

    def __init__(self, iterator: Iterator[Any], variables: contextvars.Context) -> None:
        self._iterator = iterator
        self._variables = variables
        self._lock = threading.Lock()  # guards the two below
        self._running = False
        self._stopped = False

    def advance(self) -> Any:
        """The next item, `_END` after the last one."""
        with self._lock:
            if self._stopped:
                return _END
            self._running = True
        try:
            return next(self._iterator, _END)
        finally:
            with self._lock:
                self._running = False
                stopped = self._stopped
            if stopped:
                self._close()

    def stop(self, executor: Executor) -> None:
        """Close the iterator, in a thread of its own kind; returns at once."""
        with self._lock:
            self._stopped = True
            running = self._running
        if not running and hasattr(self._iterator, "close"):
            with contextlib.suppress(RuntimeError):  # the process is stopping
                executor.submit(self._variables.run, self._close)

    def _close(self) -> None:
        try:
            close: Any = getattr(self._iterator, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            report(_log, error, "closing a stream failed")
