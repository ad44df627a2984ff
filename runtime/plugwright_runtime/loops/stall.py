"""Does user code hold up the event loop, and where?

A coroutine that blocks (`time.sleep`, a query) stops all others of its loop. Nothing can go on in
its place, but the log can say who it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import traceback
from typing import Protocol

STALLED_TICKS = 4
SHOWN_FRAMES = 6

_log = logging.getLogger("plugwright.loops")


class Watch(Protocol):
    """Something that is looked at, evenly."""

    def tick(self, seconds: float) -> None: ...


_watches: list[Watch] = []


def watch(what: Watch) -> None:
    """Look at it from now on."""
    if what not in _watches:
        _watches.append(what)


def unwatch(what: Watch) -> None:
    """Look at it no more."""
    if what in _watches:
        _watches.remove(what)


class StallWatch:
    """Asks `loop` for a sign of life at every `tick` between `start` and `stop`; create it in the
    thread of that loop.

    A loop that lets `STALLED_TICKS` of them pass is stalled. Ticks are counted, not seconds: a
    process that was suspended is not to blame. `consequence`: what the log says of it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, consequence: str) -> None:
        self._consequence = consequence
        self._loop = loop
        self._thread = threading.get_ident()
        self._asked = self._answered = 0
        self._ticks = 0  # since the loop was asked
        self._seconds = 0.0

    def start(self) -> None:
        watch(self)

    def stop(self) -> None:
        unwatch(self)

    def tick(self, seconds: float) -> None:
        if self._answered == self._asked or not self._loop.is_running():
            self._ticks, self._seconds = 0, 0.0
            self._asked = self._answered + 1
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._answer)
            return
        self._ticks += 1
        self._seconds += seconds
        if self._ticks == STALLED_TICKS:
            _log.warning(
                "a coroutine blocks the event loop, %s: make it a plain function, or await "
                "asyncio.to_thread(…) there:\n%s",
                self._consequence,
                self._place(),
            )

    def _answer(self) -> None:
        if self._ticks >= STALLED_TICKS:
            _log.warning("the event loop goes on after about %.1f s", self._seconds)
        self._answered = self._asked

    def _place(self) -> str:
        """What the loop's thread is doing, innermost last."""
        frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
        return "".join(traceback.format_stack(frames.get(self._thread), SHOWN_FRAMES)).rstrip()


def tick(seconds: float) -> None:
    """Look at every loop that is watched; to be called evenly, every so many `seconds`."""
    for each in tuple(_watches):
        each.tick(seconds)
