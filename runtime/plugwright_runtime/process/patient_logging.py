"""How does a thread that nobody may hold up write to the log?

The handlers and filters of a logger are anybody's: one may wait for a disk, for a server, or for a
lock. What the threads of `keep_going` log (the transport's loop and the guardian) is therefore
handed to the handlers by a thread of its own; what others log stays where it is. Called by the
guardian.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeAlias

from . import children

MOST_WAITING = 1000  # records; what is logged while so many wait is dropped, and counted

_Work: TypeAlias = tuple[contextvars.Context, Callable[..., None], tuple[object, ...]]

_log = logging.getLogger("plugwright.process")
_handle = logging.Logger.handle
_threads: set[int] = set()


class _Courier:
    """The thread; it starts with its first work."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[_Work] = SimpleQueue()
        self.started = False
        self._missing = 0

    def take(self, function: Callable[..., None], *args: object) -> None:
        """Call `function(*args)` soon, with the context variables of here."""
        if self._waiting.qsize() >= MOST_WAITING:
            self._missing += 1
            return
        self._waiting.put((contextvars.copy_context(), function, args))
        if not self.started:
            self.started = True
            thread = threading.Thread(target=self._work, name="log-courier", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # none can start: the next record tries again
                self.started = False

    def _work(self) -> None:
        while True:
            context, function, args = self._waiting.get()
            with contextlib.suppress(BaseException):  # a handler's; nobody is left to tell
                context.run(function, *args)
            if self._missing:
                missing, self._missing = self._missing, 0
                _log.warning("%d log records are missing: a log handler took too long", missing)


_courier = _Courier()


def keep_going(ident: int) -> None:
    """Let the thread with this identifier never wait for a log handler."""
    if not _threads:
        logging.Logger.handle = _handle_elsewhere  # type: ignore[method-assign, assignment]
        children.tell(_in_child)
    _threads.add(ident)


def may_wait(ident: int) -> None:
    """Take `keep_going` back."""
    _threads.discard(ident)
    if not _threads:
        logging.Logger.handle = _handle  # type: ignore[method-assign]
        children.forget(_in_child)


def flush(seconds: float) -> None:
    """Wait at most `seconds` until the handlers have what was logged so far."""
    if _courier.started:
        delivered = threading.Event()
        _courier.take(delivered.set)
        delivered.wait(seconds)


def finish(seconds: float) -> None:
    """At the end of the process: `flush`; from now on every thread hands its own records over."""
    for ident in tuple(_threads):
        may_wait(ident)
    flush(seconds)


def _handle_elsewhere(logger: logging.Logger, record: logging.LogRecord) -> None:
    if threading.get_ident() in _threads:
        _courier.take(_handle, logger, record)
    else:
        _handle(logger, record)


def _in_child() -> None:
    """There is no such thread in a forked child."""
    global _courier
    _threads.clear()
    logging.Logger.handle = _handle  # type: ignore[method-assign]
    _courier = _Courier()
