"""On which thread do hosts live? One for all of a process, which starts with the first plugin and
goes on, so that a plugin's connections and its end are looked after whatever the application does.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from ..loops.places import report
from ..loops.pool import this_thread_serves

T = TypeVar("T")


class Ending(Protocol):
    """What must not outlive the process."""

    @property
    def seconds(self) -> float:
        """That its end may take."""
        ...

    async def stop(self) -> object: ...


class HostLoop:
    """The loop and its thread. `running`: the plugins that have been started and not ended."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(report)
        self._thread = threading.Thread(target=self._live, name="plugin-hosts", daemon=True)
        self.running: set[Ending] = set()
        self._thread.start()

    def _live(self) -> None:
        this_thread_serves()
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """The outcome of `work`, which runs there; to cancel it is to cancel that."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def end(self) -> None:
        """At the end of the program: stop what runs, all at once."""
        if self.running:
            seconds = max(each.seconds for each in self.running)
            ending = self.submit(self._stop_all())
            try:
                ending.result(seconds)
            except TimeoutError:
                ending.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1)

    async def _stop_all(self) -> None:
        await asyncio.gather(*(each.stop() for each in self.running), return_exceptions=True)


_lock = threading.Lock()
_current: tuple[int, HostLoop] | None = None


def host_loop() -> HostLoop:
    """That of this process; a forked child has none of its parent's plugins."""
    global _current
    with _lock:
        if _current is None or _current[0] != os.getpid():
            _current = (os.getpid(), HostLoop())
            atexit.register(_end)
        return _current[1]


def _end() -> None:
    if _current is not None and _current[0] == os.getpid():
        _current[1].end()
