"""How does work get to an event loop or a thread from elsewhere, and its outcome back?

`Mailbox` runs things on one loop for all threads, `in_thread` runs a function in a pool for a
coroutine. Many crossings under way share one wake-up of a loop, which is most of what they cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, Generic, TypeVar, TypeVarTuple, Unpack

from ..exceptions import PlugwrightError

A = TypeVarTuple("A")
T = TypeVar("T")

MOST_WAITING = 20_000
"""Calls that may wait for a loop or a thread: more than a server has under way, so that most of
these were given up."""

# No future and no coroutine can carry these, or not without ending the loop they come to.
_STAY_BEHIND = (StopIteration, GeneratorExit, SystemExit, KeyboardInterrupt)


class Overloaded(PlugwrightError):
    """Too many calls wait for handlers; the text says for which."""


class Mailbox:
    """An event loop as other threads reach it. What is posted runs in its order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._letters: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False
        # Not that of the first to post. One for each loop: two threads cannot be in the same.
        self._variables = contextvars.Context()
        # Tasks that others wait for -> whether they have given up.
        self.crossings: dict[asyncio.Task[Any], Callable[[], bool]] = {}

    @property
    def waiting(self) -> int:
        """How many things have been posted that the loop has not come to."""
        return len(self._letters)

    def post(self, function: Callable[[Unpack[A]], object], *args: *A) -> None:
        """Run `function` on the loop soon; from any thread.

        Raises RuntimeError if the loop has ended.
        """
        self._letters.append((function, args))
        if not self._woken or self.loop.is_closed():  # it may have ended once woken
            self._woken = True
            try:
                self.loop.call_soon_threadsafe(self._deliver, context=self._variables)
            except RuntimeError:
                self._letters.clear()
                raise

    def _deliver(self) -> None:
        self._woken = False  # before looking: who posts from now on wakes us again
        for _ in range(len(self._letters)):
            function, args = self._letters.popleft()
            try:
                function(*args)
            except Exception as error:  # that of one letter; the others go on
                message = f"Exception in callback {function}"
                report = {"message": message, "exception": error}
                self.loop.call_exception_handler(report)

    def run(
        self, function: Callable[[Unpack[A]], Awaitable[T]], *args: *A
    ) -> Coroutine[Any, Any, T]:
        """Await `function(*args)` on this loop, in a task of its own, from another loop.

        The task sees the context variables of here, and is cancelled with who waits for it.
        """
        return _Crossing(self, function, args).outcome()

    def belongs_here(self) -> None:
        """Be the mailbox of the loop that is about to run in this thread."""
        _current.mailbox = self


class _Thread(threading.local):
    mailbox: Mailbox | None = None
    reply: asyncio.Future[Any] | None = None  # that `in_thread` is working for


_current = _Thread()


def mailbox() -> Mailbox:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    found = _current.mailbox
    if found is None or found.loop is not loop:
        found = _current.mailbox = Mailbox(loop)
    return found


def cancelled() -> bool:
    """Whether somebody cancels the current task, rather than it a part of itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def given_up() -> bool:
    """Whether the one who waits for the current task has cancelled it. The application can cancel
    the tasks of its own loop, too.
    """
    task = asyncio.current_task()
    asked = mailbox().crossings.get(task) if task is not None else None
    return cancelled() if asked is None else asked()


class _Crossing(Generic[T]):
    """One call from here (`home`) to another loop (`there`)."""

    __slots__ = ("_args", "_context", "_function", "_home", "_reply", "_task", "_there")

    def __init__(self, there: Mailbox, function: Callable[..., Awaitable[T]], args: Any) -> None:
        self._there = there
        self._function = function
        self._args = args
        self._context = contextvars.copy_context()
        self._home = mailbox()
        self._reply: asyncio.Future[T] = self._home.loop.create_future()
        self._task: asyncio.Task[None] | None = None

    async def outcome(self) -> T:
        self._there.post(self._start)
        try:
            return await self._reply
        except asyncio.CancelledError:
            if self._reply.cancelled():  # here; there may be one of its own
                self._args = ()  # it may wait long for its loop
                with contextlib.suppress(RuntimeError):
                    self._there.post(self._cancel)
            raise

    def _start(self) -> None:
        work = self._work(*self._args)
        if self._reply.cancelled():
            work.close()
            return
        task = self._there.loop.create_task(work, context=self._context)
        self._task = task
        self._there.crossings[task] = self._reply.cancelled
        task.add_done_callback(self._note_end)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._there.crossings.pop(task, None)
        if task.cancelled():  # before it began
            _settle(self._home, self._reply, None, asyncio.CancelledError())

    async def _work(self, *args: Any) -> None:
        try:
            result = await self._function(*args)
        except BaseException as error:
            _settle(self._home, self._reply, None, error)
        else:
            _settle(self._home, self._reply, result, None)
        if self._task is not None:  # which spares the loop a further turn
            self._task.remove_done_callback(self._note_end)
            self._there.crossings.pop(self._task, None)


def in_own_task(function: Callable[[Unpack[A]], Awaitable[T]], *args: *A) -> Awaitable[T]:
    """The outcome of `function(*args)`, run here by a task that the application may cancel, and
    that sees the context variables of here.
    """
    return _in_own_task(contextvars.copy_context(), function(*args))


async def _in_own_task(variables: contextvars.Context, work: Awaitable[T]) -> T:
    asking = asyncio.current_task()
    assert asking is not None
    task: asyncio.Task[T] = variables.run(asyncio.ensure_future, work)
    crossings = mailbox().crossings
    crossings[task] = lambda: asking.cancelling() > 0
    try:
        return await task
    finally:
        del crossings[task]


async def in_thread(
    executor: Executor,
    function: Callable[[Unpack[A]], T],
    *args: *A,
    variables: contextvars.Context | None = None,
) -> T:
    """The outcome of `function(*args)` in a thread of `executor`, with the context `variables`, a
    copy of those here if None.

    As `loop.run_in_executor`, for half the CPU.
    """
    if variables is None:
        variables = contextvars.copy_context()
    job = _Job(function, args, variables)
    executor.submit(job.work).add_done_callback(job.note_end)
    try:
        return await job.reply
    except asyncio.CancelledError:
        job.args = ()  # it may wait long for a thread
        raise


class _Job(Generic[T]):
    """One function for a thread."""

    __slots__ = ("_begun", "_function", "_home", "_variables", "args", "reply")

    def __init__(
        self,
        function: Callable[..., T],
        args: tuple[Any, ...],
        variables: contextvars.Context,
    ) -> None:
        self._function = function
        self.args = args
        self._begun = False
        self._variables = variables
        self._home = mailbox()
        self.reply: asyncio.Future[T] = self._home.loop.create_future()

    def work(self) -> None:
        """In the thread."""
        self._begun = True
        args = self.args
        if self.reply.cancelled():
            return
        _current.reply = self.reply
        try:
            result = self._variables.run(self._function, *args)
        except BaseException as error:
            _settle(self._home, self.reply, None, error)
        else:
            _settle(self._home, self.reply, result, None)
        finally:
            _current.reply = None

    def note_end(self, job: Future[None]) -> None:
        if not self._begun:
            error = asyncio.CancelledError() if job.cancelled() else job.exception()
            _settle(self._home, self.reply, None, error)


def adopt(variables: contextvars.Context) -> None:
    """Give the context variables of here the values that they have in `variables`."""
    for variable, value in variables.items():
        if variable.get(_Job) is not value:
            variable.set(value)


def abandoned() -> bool:
    """Whether nobody waits any more for what this thread does for `in_thread`."""
    return _current.reply is not None and _current.reply.cancelled()


def _settle(
    home: Mailbox, reply: asyncio.Future[T], result: Any, error: BaseException | None
) -> None:
    # Asked of the type: an exception may fail to say what it is.
    if error is not None and issubclass(type(error), _STAY_BEHIND):
        raised = RuntimeError(f"the handler raised {type(error).__name__}")
        raised.__cause__ = error
        error = raised
    with contextlib.suppress(RuntimeError):  # the loop has ended, and who waited there
        home.post(_set, reply, result, error)


def _set(reply: asyncio.Future[T], result: Any, error: BaseException | None) -> None:
    if reply.done():
        return
    if error is None:
        reply.set_result(result)
    else:
        reply.set_exception(error)
