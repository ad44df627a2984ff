"""In which order, and where, does a plugin end?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable

import pytest
from kit.handler_calls import THREAD, run
from plugwright_runtime.hooks.clients import Clients, hold
from plugwright_runtime.hooks.plugin import ServicePlugin
from plugwright_runtime.loops.places import HandlerLoop
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.process.application import finish


class Client:
    """Stands for an API client, of which only the end is looked at."""

    plugin: Ending

    def __init__(self, target: str | None) -> None:
        pass

    async def close(self) -> None:
        self.plugin.note("client")


class Ending(ServicePlugin):
    def __init__(self, how: str) -> None:
        self.how = how
        self.seen: list[tuple[str, bool]] = []
        self.tasks: list[asyncio.Task[None]] = []
        clients = Clients()
        clients.of(Client).plugin = self
        hold(self, clients)

    def note(self, what: str) -> None:
        self.seen.append((what, threading.current_thread().name == THREAD))

    async def begin(self) -> None:
        self.tasks.append(asyncio.create_task(self.work()))
        await asyncio.sleep(0)

    async def work(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)  # so that who does not wait is found out
            self.note("task")

    def on_stop(self) -> Awaitable[None] | None:
        if self.how == "raises":
            raise ValueError(self.how)
        if self.how == "function":
            self.note("stop")
            return None
        return self.stop_later()

    async def stop_later(self) -> None:
        await asyncio.sleep(0)
        self.note("stop")


class EndingAsync(Ending):
    async def on_stop(self) -> None:
        await self.stop_later()


@pytest.mark.parametrize(
    ("plugin", "stop_in_loop"),
    [(EndingAsync(""), True), (Ending("awaitable"), True), (Ending("function"), False)],
    ids=["coroutine", "awaitable", "function"],
)
def test_the_application_then_tasks_then_clients(plugin: Ending, stop_in_loop: bool) -> None:
    async def scenario() -> None:
        loop = HandlerLoop()
        await loop.run(plugin.begin)
        await loop.run(finish, plugin, HandlerPool())
        await loop.stop()

    run(scenario)
    assert plugin.seen == [("stop", stop_in_loop), ("task", True), ("client", True)]


def test_a_failure_of_the_application_leaves_nothing_open() -> None:
    plugin, pool = Ending("raises"), HandlerPool()

    async def scenario() -> None:
        loop = HandlerLoop()
        await loop.run(plugin.begin)
        with pytest.raises(ValueError, match="raises"):
            await loop.run(finish, plugin, pool)
        await loop.stop()

    run(scenario)
    assert plugin.seen == [("task", True), ("client", True)]
    with pytest.raises(RuntimeError, match="stopping"):
        pool.submit(int)
