"""How is a handler stopped when its time is up? One timer for all calls of a dispatcher.

What a handler calls itself gets no more time than the handler has left: see `remaining`.

`asyncio.timeout` sets a timer for every call, which costs as much as converting a message. Here a
call notes when it is due; a single timer waits for the earliest.
"""

from __future__ import annotations

import asyncio
import math
import time
from contextvars import ContextVar
from typing import Any

from . import debugger


class _Allowance:
    """When the handler that sees it is due. Tasks and threads that outlive the handler see it too:
    for them it is lifted. `limit`: when its task is cancelled.
    """

    __slots__ = ("due", "limit")

    def __init__(self, due: float) -> None:
        self.due = self.limit = due


_allowance: ContextVar[_Allowance | None] = ContextVar("allowance", default=None)


def remaining() -> float:
    """Seconds that the handler has left that is running here; infinity if there is none, or if a
    debugger has held it beyond its time.
    """
    allowance = _allowance.get()
    return math.inf if allowance is None else allowance.due - time.monotonic()


def lift() -> None:
    """The handler that was running here has ended: what it has begun is free."""
    allowance = _allowance.get()
    if allowance is not None:
        allowance.due = math.inf


class Deadlines:
    """Cancels tasks that are overdue. Used within one event loop."""

    def __init__(self) -> None:
        self._due: dict[asyncio.Task[Any], _Allowance] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, seconds: float) -> asyncio.Task[Any]:
        """Let the current task run for `seconds`, at most; it must call `stop` in the end."""
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds  # loops ask the monotonic clock
        allowance = self._due[task] = _Allowance(due)
        _allowance.set(allowance)
        if due < (math.inf if self._timer is None else self._timer.when()):
            self._wait(loop, due)
        return task

    def stop(self, task: asyncio.Task[Any]) -> bool:
        """Whether the task's time was up; then its cancellation is taken back."""
        if self._due.pop(task, None) is not None:
            return False
        task.uncancel()
        return True

    def _wait(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(due, self._cancel_overdue, loop)

    def _cancel_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        overdue = [task for task, a in self._due.items() if a.limit <= now]
        held = bool(overdue) and debugger.attached()
        for task in overdue:
            if held:  # for good: whoever has looked at a call has spent its time
                self._due[task].due = self._due[task].limit = math.inf
                continue
            del self._due[task]
            task.cancel()
        earliest = min((a.limit for a in self._due.values()), default=math.inf)
        if earliest < math.inf:
            self._wait(loop, earliest)
