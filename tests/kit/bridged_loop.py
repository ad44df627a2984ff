"""How does a test run a coroutine where a plugin's coroutines run: on a loop that is not the
transport's?

`run_bridged` and `BridgedRunner` take the places of `asyncio.run` and `asyncio.Runner`. An async
client that is used there makes its calls through a `BridgedChannel`. At the end nothing may be left
on either loop, and neither may have anything to report.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import pytest
from plugwright_runtime.loops.places import HandlerLoop

T = TypeVar("T")
Run: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]


def run_bridged(coroutine: Coroutine[Any, Any, T]) -> T:
    """What `coroutine` returns or raises."""
    runner = BridgedRunner()
    try:
        return runner.run(coroutine)
    finally:
        runner.close()


each_loop = pytest.mark.parametrize("run", [asyncio.run, run_bridged], ids=["direct", "bridged"])


class BridgedRunner:
    """Runs coroutines on a handlers' loop; its transport's loop runs, meanwhile, in this thread."""

    def __init__(self) -> None:
        self._reports = _Reports()
        self._transport = asyncio.Runner()
        self._transport.run(self._start())

    async def _start(self) -> None:
        self._handlers = HandlerLoop()
        self._at_first = await self._handlers.run(_others)
        self._thread = await self._handlers.run(_thread)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._transport.run(self._run(coroutine))

    async def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await self._handlers.run(_awaited, coroutine)

    def close(self) -> None:
        """Fails if anything is left."""
        tasks = self._transport.run(self._stop())
        self._transport.close()
        reports = self._reports.end()
        assert not tasks, f"still running: {tasks}"
        assert not self._thread.is_alive()
        assert not reports, "\n".join(reports)

    async def _stop(self) -> set[Any]:
        try:
            for _ in range(200):
                there = await self._handlers.run(_others) - self._at_first
                if not (left := there | await _others()):
                    break
                await asyncio.sleep(0.01)
        finally:
            await self._handlers.stop()
        return left


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


async def _others() -> set[Any]:
    """The tasks of this loop, but for this one."""
    return asyncio.all_tasks() - {asyncio.current_task()}


async def _thread() -> threading.Thread:
    return threading.current_thread()


class _Reports(logging.Handler):
    """What event loops complain of, such as an exception that nobody has retrieved."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        logging.getLogger("asyncio").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    def end(self) -> list[str]:
        logging.getLogger("asyncio").removeHandler(self)
        return self.texts
