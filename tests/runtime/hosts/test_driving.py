"""Is a go-plugin called, and its output heard, from functions and from coroutines?"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from kit.goplugin.host import program
from kit.hosting import (
    ENV,
    OPTIONS,
    SPEC,
    App,
    AsyncApp,
    alive,
    good,
    records,
    script,
    until,
)
from plugwright_runtime.errors import UnavailableError
from plugwright_runtime.hosts import AsyncHost, Exit, Host, Options
from plugwright_runtime.hosts.failures import PluginExited
from plugwright_runtime.hosts.lines import MOST
from plugwright_runtime.styles.goplugin import PluginSpec


def test_a_plugin_is_started_called_and_stopped(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        assert plugin.exit is None
        assert plugin.version == 1
        plugin.ping()
        app = plugin.client(App)
        assert app.call("Echo", b"hello") == b"hello"
        assert int(app.call("Pid")) == plugin.pid
    assert plugin.exit == Exit(0, stderr=plugin.exit.stderr if plugin.exit else ())
    assert not alive(plugin.pid)


async def _driven(command: list[str]) -> None:
    async with AsyncHost(SPEC, command, OPTIONS) as plugin:
        await plugin.ping()
        app = plugin.client(AsyncApp)
        answers = await asyncio.gather(*(app.call("Echo", b"%d" % n) for n in range(50)))
        assert answers == [b"%d" % n for n in range(50)]
    assert plugin.exit is not None
    assert plugin.exit.code == 0


def test_coroutines_do_the_same(tmp_path: Path) -> None:
    asyncio.run(_driven(good(tmp_path)))


def test_the_highest_common_version_is_told(tmp_path: Path) -> None:
    spec = PluginSpec("PLUGIN_COOKIE", "sesame", versions=(2, 7, 5))
    command = good(tmp_path, options="dict(versions=(4, 5, 2))")
    with Host(spec, command, OPTIONS) as plugin:
        assert plugin.version == 5


def test_large_messages_pass(tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 64
    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        assert plugin.client(App).call("Echo", data) == data


def test_a_plugin_has_the_environment_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host may be a plugin itself: what its own host told it is not for others."""
    monkeypatch.setenv("PLUGIN_CLIENT_CERT", "stale")
    monkeypatch.setenv("PLUGIN_MULTIPLEX_GRPC", "true")
    monkeypatch.setenv("OF_THE_HOST", "kept")
    monkeypatch.setenv("OVERRIDDEN", "host")
    spec = PluginSpec("PLUGIN_COOKIE", "sesame", versions=(3, 1))
    options = replace(OPTIONS, env={**ENV, "OVERRIDDEN": "mine", "PLUGIN_MIN_PORT": "11000"})
    expected = {
        "OF_THE_HOST": "kept",
        "OVERRIDDEN": "mine",
        "PLUGIN_MIN_PORT": "11000",
        "PLUGIN_MAX_PORT": "25000",
        "PLUGIN_PROTOCOL_VERSIONS": "1,3",
        "PLUGIN_CLIENT_CERT": "",
        "PLUGIN_MULTIPLEX_GRPC": "",
    }
    with Host(spec, good(tmp_path), options) as plugin:
        app = plugin.client(App)
        assert {n: app.call("Env", n.encode()).decode() for n in expected} == expected
        folder = Path(app.call("Env", b"PLUGIN_UNIX_SOCKET_DIR").decode())
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [*folder.iterdir()] != []
    assert not folder.exists()


def test_a_plugin_need_not_inherit_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_HOST", "secret")
    with Host(SPEC, good(tmp_path), replace(OPTIONS, inherit=False)) as plugin:
        assert plugin.client(App).call("Env", b"OF_THE_HOST") == b""


def test_what_a_plugin_logs_and_prints_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = """
    import logging
    async def rpc_Talk(request, context):
        logging.getLogger("x").warning("seen %s", 5, extra={"room": "r1"})
        print("printed")
        os.write(2, b"[ERROR] raw\\n")
        return b""
    """
    with (
        caplog.at_level(logging.DEBUG),
        Host(SPEC, good(tmp_path, body), OPTIONS) as plugin,
    ):
        plugin.client(App).call("Talk")
    told = [*records(caplog, "plugin.played")]
    assert ("WARNING", "seen 5: room=r1") in told
    assert ("ERROR", "[ERROR] raw") in told
    assert [*records(caplog, "plugin.played.stdout")] == [("INFO", "printed")]
    fields = [vars(r)["plugin_fields"] for r in caplog.records if "seen" in r.getMessage()]
    assert fields == [{"@module": "x", "room": "r1"}]


def test_a_plugin_may_print_without_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As prints, on the pipe of its handshake, which nobody reads, and as one line of its log."""
    body = """
    async def rpc_Flood(request, context):
        for _ in range(100):
            os.write(1, b"y" * 50_000)
            os.write(real, b"z" * 100_000)
        os.write(log, b"w" * 3_000_000 + b"\\nbehind\\n")
        return b"done"
    """
    source = f"real, log = os.dup(1), os.dup(2)\n{program(body)}"
    with (
        caplog.at_level(logging.DEBUG),
        Host(SPEC, script(tmp_path, source), OPTIONS) as plugin,
    ):
        assert plugin.client(App).call("Flood") == b"done"
        until(lambda: ("DEBUG", "behind") in [*records(caplog, "plugin.played")])
    texts = [text for _, text in records(caplog, "plugin.played") if text.startswith("www")]
    assert len(texts) == 1
    assert texts[0].endswith(f"...[{3_000_000 - MOST} bytes cut]")


@pytest.mark.parametrize(("rpc", "how"), [("Die", Exit(3)), ("Crash", Exit(None, "SIGSEGV"))])
def test_a_call_that_the_plugin_does_not_survive_says_how_it_ended(
    tmp_path: Path, rpc: str, how: Exit
) -> None:
    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        app = plugin.client(App)
        failures: list[Exception] = []

        def hang() -> None:
            try:
                app.call("Hang")
            except Exception as error:
                failures.append(error)

        others = [threading.Thread(target=hang) for _ in range(3)]
        for thread in others:
            thread.start()
        with pytest.raises(PluginExited) as caught:
            app.call(rpc)
        for thread in others:
            thread.join()
    for error in [caught.value, *failures]:
        assert isinstance(error, PluginExited)
        assert isinstance(error, UnavailableError)
        assert (error.exit.code, error.exit.signal) == (how.code, how.signal)
        assert not error.exit.forced
    assert len(failures) == 3
    assert f"the plugin played {how}" in str(caught.value)
    if rpc == "Die":
        assert caught.value.exit.stderr[-1] == "last words"


def test_a_later_call_says_it_too(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        app = plugin.client(App)
        for _ in range(3):
            with pytest.raises(PluginExited, match="exited with code 3"):
                app.call("Die")
        with pytest.raises(PluginExited):
            plugin.ping()
    with pytest.raises(PluginExited):
        app.call("Echo")


async def _dies(command: list[str]) -> None:
    async with AsyncHost(SPEC, command, OPTIONS) as plugin:
        app = plugin.client(AsyncApp)
        calls = [app.call("Hang"), app.call("Hang"), app.call("Die")]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(error) for error in failures} == {PluginExited}
    with pytest.raises(PluginExited):
        await app.call("Echo")


def test_coroutines_are_told_how_it_ended(tmp_path: Path) -> None:
    asyncio.run(_dies(good(tmp_path)))


def test_a_plugin_that_says_that_it_is_not_available_lives(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        with pytest.raises(UnavailableError, match="not now") as caught:
            plugin.client(App).call("Refuse")
        assert type(caught.value) is UnavailableError


def test_an_object_is_one_process(tmp_path: Path) -> None:
    plugin = Host(SPEC, good(tmp_path), OPTIONS)
    with pytest.raises(RuntimeError, match="has not been started"):
        plugin.client(App)
    with plugin, pytest.raises(RuntimeError, match="once"):
        plugin.start()


def test_a_plugin_is_called_after_its_script(tmp_path: Path) -> None:
    assert Host(SPEC, ["/opt/chess-plugin", "x"]).name == "chess-plugin"
    assert Host(SPEC, ["python3.11", "/opt/kv.py"]).name == "kv"
    assert Host(SPEC, ["./x"], Options(name="mine")).name == "mine"
