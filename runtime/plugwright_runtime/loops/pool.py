"""Where does blocking user code run, so that handlers that wait for each other cannot deadlock?

`HandlerPool` is an executor. Its threads say when they wait for a peer (`with waiting():`, in the
sync client and in the HTTP engine), and as long as they do they count as absent: others may start
in their place. So hook -> API -> hook goes deeper than the pool is wide.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, TypeAlias, TypeVar

from .blocked import PoolWatch
from .crossing import MOST_WAITING, Mailbox, Overloaded

P = ParamSpec("P")
T = TypeVar("T")
_Job: TypeAlias = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]]

THREADS = 64
MOST_THREADS = 512
STUCK_SECONDS = 1.0  # without an answer of the host to any thread
STUCK_AGAIN_SECONDS = 0.1

_log = logging.getLogger("plugwright.loops")


class _Thread(threading.local):
    """What the current thread is to us."""

    pool: HandlerPool | None = None
    serves: bool = False
    transport: Mailbox | None = None


_current = _Thread()


class HandlerPool(Executor):
    """Up to `threads` threads that run user code, and up to `most` together with those that wait.

    Calls beyond that queue, up to `MOST_WAITING`; those of hooks end by their timeout. When there
    can be no more threads and all wait, the newest call goes first, for it may be what they wait
    for; if none can go on at all, the newest one is refused. The threads are daemons: a handler
    that never returns does not keep the process alive.
    """

    def __init__(
        self, threads: int = THREADS, most: int = MOST_THREADS, name: str = "plugin"
    ) -> None:
        self._threads = threads
        self._most = max(most, threads)
        self._name = name
        self._wake: SimpleQueue[bool] = SimpleQueue()  # for each job one, or the end
        self._lock = threading.Lock()  # guards what follows
        self._jobs: deque[_Job] = deque()  # that no thread has taken
        self._alive = 0
        self._idle = 0
        self._waiting = 0
        self._ended_waits = 0
        self._started = 0
        self._closed = False
        self._relieved = False  # by a thread that looks after it
        self._members: set[threading.Thread] = set()
        self._watch = PoolWatch(self)
        self.begun = 0
        """How many jobs threads have taken so far."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the plugin is stopping: its thread pool is closed")
            if len(self._jobs) >= MOST_WAITING:
                raise Overloaded("the plugin's threads are blocked: too many calls wait")
            self._jobs.append((future, fn, args, kwargs))
            self._grow()
            self._wake.put(True)
        return future

    @property
    def pending(self) -> int:
        """How many jobs wait for a thread."""
        return len(self._jobs)

    @property
    def running(self) -> int:
        """How many jobs are under way, those that wait for a peer among them."""
        return self._alive - self._idle

    @property
    def members(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._members)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; threads end when the queue is empty. `wait`: until they have."""
        with self._lock:
            self._closed = True
            self._watch.stop()
            while cancel_futures and len(self._jobs) > self._idle:
                self._jobs.pop()[0].cancel()  # the others have their threads
            for _ in range(self._alive):
                self._wake.put(False)
        if wait:
            for thread in self.members:
                thread.join()

    def _grow(self) -> None:
        """With the lock: start a thread if there is work for it and room."""
        if len(self._jobs) <= self._idle or self._alive - self._waiting >= self._threads:
            return
        if self._alive >= self._most:
            if self._stuck() and not self._relieved:
                with contextlib.suppress(RuntimeError):  # the system gives no more
                    _thread(self._relieve, "pool-relief").start()
                    self._relieved = True
            return
        self._started += 1
        thread = _thread(self._work, f"{self._name}-{self._started}")
        try:
            thread.start()
        except RuntimeError:  # the system gives no more
            if self._alive == 0:
                self._jobs.pop()
                raise
            return
        self._watch.start()
        self._alive += 1
        self._idle += 1
        self._members.add(thread)

    def _work(self) -> None:
        _current.pool = self
        while self._wake.get():
            with self._lock:
                if not self._jobs:  # it was refused, or cancelled
                    continue
                newest = self._alive >= self._most
                job = self._jobs.pop() if newest else self._jobs.popleft()
                self.begun += 1
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
            if surplus and len(self._jobs) <= self._idle and not self._closed:
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
            self._ended_waits += 1

    def _stuck(self) -> bool:
        """With the lock: whether no job can begin before a peer has answered a thread."""
        return bool(self._jobs) and self._waiting >= self._alive >= self._most

    def _relieve(self) -> None:
        """A thread for as long as the pool is stuck. A busy host answers some of the threads, which
        is well; if it answers none, it may itself wait for the jobs that no thread can take.
        """
        number, pause, ended = 1, STUCK_SECONDS, -1
        while True:
            with self._lock:
                if self._closed or not self._stuck():
                    self._relieved = False
                    return
                refused: list[_Job] = []
                if ended != self._ended_waits:
                    number, pause, ended = 1, STUCK_SECONDS, self._ended_waits
                else:
                    number, pause = 2 * number, STUCK_AGAIN_SECONDS
                    most = min(number // 2, len(self._jobs))
                    refused = [self._jobs.pop() for _ in range(most)]
            _refuse(refused, self._most)
            time.sleep(pause)


def _thread(target: Callable[[], None], name: str) -> threading.Thread:
    return threading.Thread(target=target, name=name, daemon=True)


def _refuse(jobs: list[_Job], threads: int) -> None:
    if not jobs:
        return
    text = f"all {threads} threads wait for the host, which may wait for this call in turn"
    _log.error("%s; refused: %d of the newest calls", text, len(jobs))
    for future, *_ in jobs:
        if future.set_running_or_notify_cancel():
            future.set_exception(Overloaded(text))


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
                "this call would block the event loop: in a coroutine await the same call of "
                "the async client"
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
