"""How long may a call of the API take that a hook makes? No longer than the hook itself."""

from __future__ import annotations

import asyncio
import contextvars
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from mattermost_plugin import HookName, Plugin, UnavailableError, hook
from mattermost_plugin.testing import PluginHarness
from plugwright_runtime.loops.deadlines import remaining

SECONDS = 0.5


class Calling(Plugin):
    """Calls the API from a function that does not stop when its time is up."""

    def __init__(self) -> None:
        self.failed = threading.Semaphore(0)
        self.ended = threading.Event()
        self.left: list[float] = []
        self.after = threading.Event()

    @hook(HookName.OnActivate, timeout=SECONDS)
    def function(self) -> None:
        for _ in range(2):
            self._call()

    @hook(HookName.OnInstall, timeout=SECONDS)
    async def coroutine(self, plugin_context: Any, event: Any) -> None:
        await asyncio.to_thread(self._call)

    @hook(HookName.OnConfigurationChange, timeout=20)
    def begins_work(self) -> None:
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._later,)).start()
        self.left.append(remaining())

    def _later(self) -> None:
        assert self.after.wait(20)
        self.left.append(remaining())
        self.ended.set()

    def _call(self) -> None:
        try:
            self.api.get_server_version()
        except UnavailableError:
            self.failed.release()


def harness(go: threading.Event) -> PluginHarness[Calling]:
    made = PluginHarness(Calling, activate=False)
    answer: Callable[[Any], Any] = lambda _: go.wait(60)  # noqa: E731
    made.api.on("GetServerVersion", answer)
    return made


@pytest.mark.parametrize(("name", "calls"), [("on_activate", 2), ("on_install", 1)])
def test_a_call_ends_with_the_time_of_its_hook(name: str, calls: int) -> None:
    go = threading.Event()
    with harness(go) as running:
        try:
            begun = time.monotonic()
            with pytest.raises(Exception, match="took longer than"):
                getattr(running.hooks, name)()
            for _ in range(calls):
                assert running.plugin.failed.acquire(timeout=20), "a call goes on"
            assert time.monotonic() - begun < 20  # by itself each would take 30
        finally:
            go.set()
            running.plugin.after.set()  # on_activate has begun that work, too


def test_work_that_outlives_its_hook_has_all_the_time() -> None:
    with harness(threading.Event()) as running:
        running.hooks.on_configuration_change()
        running.plugin.after.set()
        assert running.plugin.ended.wait(20)
        within, after = running.plugin.left
    assert 0 < within <= 20
    assert after == math.inf
    assert remaining() == math.inf
