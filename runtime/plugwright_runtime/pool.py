"""Where does blocking user code run, so that handlers that wait for each other cannot deadlock?

`HandlerPool` is an executor. Its threads say when they wait for a peer (`with waiting():`, in the
sync client and in the HTTP engine), and as long as they do they count as absent: others may start
in their place. So hook -> API -> hook goes deeper than the pool is wide.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, TypeAlias, TypeVar

from .crossing import MOST_WAITING, Mailbox, Overloaded

P = ParamSpec("P")
T = TypeVar("T")
_Job: TypeAlias = tuple[
    "Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]
]

THREADS = 64
MOST_THREADS = 512

_log = logging.getLogger("plugwright.pool")


class _Thread(threading.local):
    """What the current thread is to us."""

    pool: HandlerPool | None = None
    serves: bool = False
    transport: Mailbox | None = None


_current = _Thread()


class HandlerPool(Executor):
    """Up to `threads` threads that run user code, and up to `most` together with those that wait.

    Calls beyond that queue, up to `MOST_WAITING`; those of hooks end by their timeout. The threads
    are daemons: a handler that never returns does not keep the process alive.
    """

    def __init__(
        self, threads: int = THREADS, most: int = MOST_THREADS, name: str = "plugin"
    ) -> None:
        self._threads = threads
        self._most = max(most, threads)
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()  # guards the numbers below
        self._pending = 0  # jobs that no thread has taken
        self._alive = 0
        self._idle = 0
        self._waiting = 0
        self._started = 0
        self._closed = False
        self._warned = False
        self._members: set[threading.Thread] = set()

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the plugin is stopping: its thread pool is closed")
            if self._pending >= MOST_WAITING:
                raise Overloaded(
                    "the plugin's threads are blocked: too many calls wait"
                )
            self._jobs.put((future, fn, args, kwargs))
            self._pending += 1
            self._grow()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; threads end when the queue is empty. `wait`: until they have."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                self._drop_jobs()
            for _ in range(self._alive):
                self._jobs.put(None)
            members = list(self._members)
        if wait:
            for thread in members:
                thread.join()

    def _drop_jobs(self) -> None:
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None:
                self._pending -= 1
                job[0].cancel()

    def _grow(self) -> None:
        """With the lock: start a thread if there is work for it and room."""
        if self._pending <= self._idle or self._alive - self._waiting >= self._threads:
            return
        if self._alive >= self._most:
            if not self._warned:
                self._warned = True
                _log.warning(
                    "%d handlers wait for the host at the same time: further calls queue",
                    self._waiting,
                )
            return
        self._alive += 1
        self._idle += 1
        self._started += 1
        thread = threading.Thread(
            target=self._work, name=f"{self._name}-{self._started}", daemon=True
        )
        self._members.add(thread)
        thread.start()

    def _work(self) -> None:
        _current.pool = self
        while (job := self._jobs.get()) is not None:
            with self._lock:
                self._pending -= 1
                self._idle -= 1
            _run(*job)
            del job  # nothing of a call may outlive it
            if self._leaves():
                return
        with self._lock:
            self._idle -= 1
            self._forget()

    def _leaves(self) -> bool:
        """Whether this thread, done with its job, is one too many."""
        with self._lock:
            surplus = self._alive - self._waiting > self._threads
            if surplus and self._pending <= self._idle and not self._closed:
                self._forget()
                return True
            self._idle += 1
            return False

    def _forget(self) -> None:
        self._alive -= 1
        self._members.discard(threading.current_thread())

    def wait_begins(self) -> None:
        with self._lock:
            self._waiting += 1
            if not self._closed:
                self._grow()

    def wait_ends(self) -> None:
        with self._lock:
            self._waiting -= 1


def _run(
    future: Future[Any],
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


class _Waiting:
    """The context manager that `waiting` returns; one for all, it holds nothing."""

    def __enter__(self) -> None:
        if _current.serves:
            raise RuntimeError(
                "this call would block the event loop: in a coroutine use the async client, "
                "as in `await self.aio.get_user(...)`"
            )
        if _current.pool is not None:
            _current.pool.wait_begins()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if _current.pool is not None:
            _current.pool.wait_ends()


_WAITING = _Waiting()


def waiting() -> _Waiting:
    """Around a wait for a peer. Raises RuntimeError in the thread of a plugin's event loop."""
    return _WAITING


def this_thread_serves(transport: Mailbox | None = None) -> None:
    """Say that the current thread runs a plugin's event loop, which nobody may block.

    `transport`: the loop on which coroutines of this thread shall make their calls, if not here.
    """
    _current.serves = True
    _current.transport = transport


def transport() -> Mailbox | None:
    """The loop on which coroutines of this thread make their calls, None if on their own."""
    return _current.transport
