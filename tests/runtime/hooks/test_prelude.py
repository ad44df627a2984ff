"""Does a plugin hear of its configuration before it is active, though the server does not tell it?

The server leaves the first OnConfigurationChange to the process of the plugin.
"""

from __future__ import annotations

import asyncio

import pytest
from kit.mattermost.hooks import hosted
from mattermost_plugin import HookName, Plugin, hook
from mattermost_plugin.testing import PluginHarness

LOAD, START = "OnConfigurationChange", "OnActivate"


class Told(Plugin):
    """Notes which of its hooks ran, and fails as it is told."""

    failure: BaseException | None = None

    def __init__(self) -> None:
        self.events: list[str] = []

    @hook(HookName.OnConfigurationChange)
    def load(self) -> None:
        self.events.append("load")
        if self.failure:
            raise self.failure


class Activated(Told):
    @hook(HookName.OnActivate)
    async def start(self) -> None:
        self.events.append("start")


@pytest.mark.parametrize(
    ("calls", "events"),
    [
        ([START], ["load", "start"]),
        ([START, START], ["load", "start", "start"]),
        ([LOAD, START], ["load", "start"]),
        ([START, LOAD, START], ["load", "start", "load", "start"]),
    ],
    ids=" ".join,
)
def test_the_configuration_comes_first_and_once(calls: list[str], events: list[str]) -> None:
    plugin = Activated()
    with hosted(plugin) as host:
        for name in calls:
            assert not host.call(name).ListFields()
    assert plugin.events == events


def test_a_plugin_without_on_activate_hears_of_it_too() -> None:
    plugin = Told()
    with hosted(plugin) as host:
        assert list(host.call("Implemented").hooks) == [START, LOAD]
        assert not host.call(START).ListFields()
    assert plugin.events == ["load"]
    assert plugin.implemented_hooks() == [START, LOAD]


@pytest.mark.parametrize("failure", [ValueError("no such team"), SystemExit(3)], ids=repr)
def test_its_failure_is_logged_and_the_plugin_starts(failure: BaseException) -> None:
    plugin = Activated()
    plugin.failure = failure
    with hosted(plugin) as host:
        assert not host.call(START).ListFields()
        texts = [r.getMessage() for r in host.records]
    assert plugin.events == ["load", "start"]
    assert texts[0].startswith(f"{LOAD}: {type(failure).__name__}")
    assert texts[1] == f"{LOAD} failed; {START} goes on"


def test_a_slow_one_has_its_own_time_and_the_plugin_starts() -> None:
    class Slow(Activated):
        @hook(HookName.OnConfigurationChange, timeout=0.05)
        async def load(self) -> None:
            await asyncio.sleep(600)

    plugin = Slow()
    with hosted(plugin) as host:
        assert not host.call(START).ListFields()
    assert plugin.events == ["start"]


def test_the_harness_starts_a_plugin_like_that() -> None:
    with PluginHarness(Activated) as harness:
        assert harness.plugin.events == ["load", "start"]
    with PluginHarness(Told) as only_told:
        assert only_told.plugin.events == ["load"]
