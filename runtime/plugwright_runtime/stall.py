"""Does user code hold up the event loop, and where?

Health, control and every other call are served by the loop that runs the handlers' coroutines, so a
coroutine that blocks (`time.sleep`, a query, `self.api`) stops them all. Nothing can go on in its
place, but the log can say who it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import traceback

STALLED_TICKS = 4
SHOWN_FRAMES = 6

_log = logging.getLogger("plugwright.launch")


class StallWatch:
    """Asks the loop for a sign of life at every `tick`, from a thread that ticks evenly; create it
    in the thread of the loop.

    A loop that lets `STALLED_TICKS` of them pass is stalled. Ticks are counted, not seconds: a
    process that was suspended is not to blame.
    """

    def __init__(self, seconds_per_tick: float) -> None:
        self._seconds_per_tick = seconds_per_tick
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._asked = self._answered = 0
        self._ticks = 0  # since the loop was asked

    def tick(self) -> None:
        if self._answered == self._asked or not self._loop.is_running():
            self._ticks = 0
            self._asked = self._answered + 1
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._answer)
            return
        self._ticks += 1
        if self._ticks == STALLED_TICKS:
            _log.warning(
                "a coroutine blocks the event loop, health checks and all other calls wait for it: "
                "make it a plain function, or await asyncio.to_thread(…) there:\n%s",
                self._place(),
            )

    def _answer(self) -> None:
        if self._ticks >= STALLED_TICKS:
            seconds = self._ticks * self._seconds_per_tick
            _log.warning("the event loop goes on after about %.1f s", seconds)
        self._answered = self._asked

    def _place(self) -> str:
        """What the loop's thread is doing, innermost last."""
        frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
        return "".join(
            traceback.format_stack(frames.get(self._thread), SHOWN_FRAMES)
        ).rstrip()
