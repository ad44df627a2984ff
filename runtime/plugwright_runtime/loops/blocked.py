"""Do functions hold all the threads of a pool, and where?

A function that never returns takes a thread for good. When calls wait and no thread gets free, the
log names what the threads do.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections import Counter
from typing import Protocol

from . import stall

_log = logging.getLogger("plugwright.loops")


class Pool(Protocol):
    """Threads, and the jobs that wait for them, as `HandlerPool` tells of them."""

    begun: int

    @property
    def pending(self) -> int: ...

    @property
    def running(self) -> int: ...

    @property
    def members(self) -> list[threading.Thread]: ...


class PoolWatch:
    """Looks at `pool` at every `tick` between `start` and `stop`.

    If calls wait and none of them begins for `stall.STALLED_TICKS`, it is blocked, and the log gets
    one warning.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._begun = 0
        self._ticks = 0
        self._seconds = 0.0

    def start(self) -> None:
        stall.watch(self)

    def stop(self) -> None:
        stall.unwatch(self)

    def tick(self, seconds: float) -> None:
        pool = self._pool
        if not pool.pending or pool.begun != self._begun:
            self._begun, self._ticks, self._seconds = pool.begun, 0, 0.0
            return
        self._ticks += 1
        self._seconds += seconds
        if self._ticks == stall.STALLED_TICKS:
            _log.warning(
                "no function has returned for %.1f s: %d calls wait for one of %d threads; %s",
                self._seconds,
                pool.pending,
                pool.running,
                places(pool.members),
            )


def places(threads: list[threading.Thread]) -> str:
    """Where most of `threads` are, innermost last."""
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
    stacks = Counter(
        "".join(traceback.format_stack(frame, stall.SHOWN_FRAMES)).rstrip()
        for thread in threads
        if (frame := frames.get(thread.ident or 0)) is not None
    )
    for stack, number in stacks.most_common(1):
        return f"{number} of them are here:\n{stack}"
    return "they have just ended"
