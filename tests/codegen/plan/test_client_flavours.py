"""Does an SDK of sync clients alone, or of async ones, work, without a trace of the others?"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from kit.bridged_loop import Run, each_loop
from kit.generating.cases import PACKAGE, Case
from kit.generating.failing import command
from kit.generating.packages import Generated
from kit.places import CASES

SYNC, ASYNC = "clients_sync", "clients_async"
# What only the other flavour needs.
_FOREIGN = {
    SYNC: ("async", "await", "aio", "Async", "coroutine"),
    ASYNC: ("SyncClient", "def api", "self.api", " ApiClient", "functions"),
}


def _part(generated: Generated, case: str, module: str) -> Any:
    return importlib.import_module(f"{generated.packages[case]}.{module}")


@pytest.mark.parametrize("case", [SYNC, ASYNC])
def test_the_other_flavour_is_nowhere(case: str) -> None:
    folders = ("clients/", "plugin.py", "testing.py", "__init__.py")
    files = Case(CASES / case).generate()
    ours = {f.path.removeprefix(f"{PACKAGE}/"): f.text for f in files}
    seen = [n for n in ours if n.startswith(folders) or n == "README.md"]
    assert len(seen) > 8
    for name in seen:
        text = ours[name].replace("AsyncApiClient", "")
        text = text if case == ASYNC else ours[name]
        found = [word for word in _FOREIGN[case] if word in text]
        assert found == [], name


def test_the_readme_uses_what_there_is() -> None:
    for case, used in ((SYNC, "    with Plugin"), (ASYNC, "    async with Plugin")):
        files = {f.path: f.text for f in Case(CASES / case).generate()}
        assert used in files["README.md"]


def test_a_plugin_of_a_sync_sdk(generated: Generated) -> None:
    sdk = importlib.import_module(generated.packages[SYNC])
    testing = _part(generated, SYNC, "testing")

    class Doubler(sdk.Plugin):
        started = False

        @sdk.hook("OnStart")
        def on_start(self) -> None:
            self.started = True

        @sdk.hook("Double")
        def double(self, key: str) -> int:
            return 2 * int(self.api.get(key))

    assert not hasattr(sdk.Plugin, "aio")
    with testing.PluginHarness(Doubler) as harness:
        harness.api.on("Get", sdk.models.GetResponse(value=21))
        assert harness.plugin.started
        assert harness.hooks.double(key="k") == 42


@each_loop
def test_a_plugin_of_an_async_sdk(generated: Generated, run: Run) -> None:
    sdk = importlib.import_module(generated.packages[ASYNC])
    testing = _part(generated, ASYNC, "testing")
    seen: list[str] = []

    class Doubler(sdk.Plugin):
        @sdk.hook("OnStart")
        async def on_start(self) -> None:
            seen.append("start")

        @sdk.hook("OnStop")
        def on_stop(self) -> None:
            seen.append("stop")

        @sdk.hook("Double")
        async def double(self, key: str) -> int:
            return 2 * int(await self.aio.get(key))

    async def use() -> None:
        async with testing.PluginHarness(Doubler) as harness:
            harness.api.on("Get", sdk.models.GetResponse(value=21))
            assert await harness.hooks.double(key="k") == 42
            assert harness.api.requests("Get", sdk.models.GetRequest)[0].key == "k"

    assert not hasattr(sdk.Plugin, "api")
    run(use())
    assert seen == ["start", "stop"]


@each_loop
def test_a_failing_start_reaches_the_test_and_ends_the_servers(
    generated: Generated, run: Run
) -> None:
    sdk = importlib.import_module(generated.packages[ASYNC])
    testing = _part(generated, ASYNC, "testing")

    class Broken(sdk.Plugin):
        @sdk.hook("OnStart")
        async def on_start(self) -> None:
            raise ValueError("no")

    harness = testing.PluginHarness(Broken)

    async def use() -> None:
        async with harness:
            pytest.fail("it started")

    with pytest.raises(sdk.PluginAPIError):
        run(use())
    assert not harness._server._thread.is_alive()


def test_explain_knows_the_one_there_is(tmp_path: Path) -> None:
    case = Case(CASES / SYNC)
    case.copy(tmp_path)
    assert "get(" in command(["explain", "Api.Get", "plugwright.toml"], tmp_path).stdout
