"""Does a plugin in Go, on the real go-plugin, work under the Python host?"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from kit.hosting import App, AsyncApp, alive, children, descriptors, freeze, records, until
from kit.interop.gohost import build_plugin
from mattermost_plugin.models.api_remaining import (
    GetServerVersionRequest,
    GetServerVersionResponse,
)
from mattermost_plugin.servicers.plugin_api import PluginAPIServicer
from plugwright_runtime import codec
from plugwright_runtime.errors import VersionMismatch
from plugwright_runtime.hosts import AsyncHost, Host, Options
from plugwright_runtime.hosts.failures import ExitedAtStart, PluginExited
from plugwright_runtime.rpc.servicer import ServerContext
from plugwright_runtime.styles.goplugin import PluginSpec

SPEC = PluginSpec("PLUGIN_COOKIE", "sesame", versions=(3, 5, 4))
VERSION = "/mattermost.pluginapi.v1.PluginAPI/GetServerVersion"


@pytest.fixture(scope="module")
def command() -> list[str]:
    return [str(build_plugin())]


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def options(request: pytest.FixtureRequest) -> Options:
    return Options(name="go", auto_mtls=request.param)


def bytes_value(data: bytes) -> bytes:
    """As `google.protobuf.BytesValue`."""
    length = bytearray()
    number = len(data)
    while number > 0x7F:
        length.append(number & 0x7F | 0x80)
        number >>= 7
    return b"\n" + bytes([*length, number]) + data if data else b""


def value_of(data: bytes) -> bytes:
    position = 1
    while data and data[position] & 0x80:
        position += 1
    return data[position + 1 :]


class Go(App):
    def call(self, rpc: str, data: bytes = b"", timeout: float = 20.0) -> bytes:
        return value_of(super().call(rpc, bytes_value(data), timeout))


class AsyncGo(AsyncApp):
    async def call(self, rpc: str, data: bytes = b"", timeout: float = 20.0) -> bytes:
        return value_of(await super().call(rpc, bytes_value(data), timeout))


class Api(PluginAPIServicer):
    async def get_server_version(
        self, request: GetServerVersionRequest, context: ServerContext, /
    ) -> GetServerVersionResponse:
        return GetServerVersionResponse(version=threading.current_thread().name)


def test_it_is_started_called_and_stopped(command: list[str], options: Options) -> None:
    with Host(SPEC, command, options) as plugin:
        assert plugin.version == 5
        plugin.ping()
        app = plugin.client(Go)
        for size in (0, 1, 1000, 32 << 20):
            assert app.call("Echo", b"x" * size) == b"x" * size
        stream = app._start("Count", "unary_stream", b"", 20, None)
        assert [value_of(data) for data in stream] == [b"%d" % n for n in range(1000)]
    assert plugin.exit is not None
    assert (plugin.exit.code, plugin.exit.forced) == (0, False)


async def _driven(command: list[str], options: Options) -> None:
    async with AsyncHost(SPEC, command, options) as plugin:
        app = plugin.client(AsyncGo)
        answers = await asyncio.gather(*(app.call("Echo", b"%d" % n) for n in range(200)))
        assert answers == [b"%d" % n for n in range(200)]
        number = await plugin.serve(Api())
        data = await app.call("Dial", f"{number} {VERSION}".encode())
        version = codec.decode(GetServerVersionResponse, data).version
        assert version == threading.current_thread().name
        offered = int(await app.call("Offer"))
        assert await (await plugin.dial(AsyncGo, offered)).call("Echo", b"y") == b"y"
        with pytest.raises(PluginExited, match="exited with code 3"):
            await app.call("Die")


def test_coroutines_do_the_same(command: list[str], options: Options) -> None:
    asyncio.run(_driven(command, options))


def test_both_open_further_connections(command: list[str], options: Options) -> None:
    with Host(SPEC, command, options) as plugin:
        app = plugin.client(Go)
        number = plugin.serve(Api())
        data = app.call("Dial", f"{number} {VERSION}".encode())
        assert codec.decode(GetServerVersionResponse, data).version == "coroutines"
        offered = plugin.dial(Go, int(app.call("Offer")))
        assert offered.call("Echo", b"over there") == b"over there"


def test_its_log_and_its_prints_are_logged(
    command: list[str], options: Options, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(5), Host(SPEC, command, options) as plugin:
        app = plugin.client(Go)
        app.call("Log", b"a warning")
        app.call("Print", b"text")
        # A Go plugin that is asked to stop forgets what it has printed last.
        until(lambda: bool([*records(caplog, "plugin.go.stdout")]))
        until(lambda: bool([*records(caplog, "plugin.go.stderr")]))
    told = [*records(caplog, "plugin.go")]
    assert ("Level 5", "traced: n=1") in told
    assert ("WARNING", "a warning: n=2 room=r1") in told
    assert ("INFO", "out text") in [*records(caplog, "plugin.go.stdout")]
    assert ("INFO", "err text") in [*records(caplog, "plugin.go.stderr")]


@pytest.mark.parametrize(("rpc", "how"), [("Die", "exited with code 3"), ("Panic", "code 2")])
def test_a_call_that_it_does_not_survive_says_how_it_ended(
    command: list[str], options: Options, rpc: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), Host(SPEC, command, options) as plugin:
        with pytest.raises(PluginExited, match=how) as caught:
            plugin.client(Go).call(rpc)
        if rpc == "Panic":
            assert any("panic: boom" in line for line in caught.value.exit.stderr)
            assert ("ERROR", "panic: boom") in [*records(caplog, "plugin.go")]


def test_a_frozen_one_is_killed(command: list[str], options: Options) -> None:
    with Host(SPEC, command, replace(options, grace=0.5)) as plugin:
        freeze(plugin.pid)
    assert plugin.exit is not None
    assert plugin.exit.forced
    assert not alive(plugin.pid)


def test_it_gets_what_it_is_told(command: list[str], options: Options) -> None:
    with Host(SPEC, command, replace(options, env={"TOKEN": "t"})) as plugin:
        app = plugin.client(Go)
        assert app.call("Env", b"TOKEN") == b"t"
        assert app.call("Env", b"PLUGIN_PROTOCOL_VERSIONS") == b"3,4,5"
        folder = Path(app.call("Env", b"PLUGIN_UNIX_SOCKET_DIR").decode())
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_another_host_attaches_to_it(command: list[str]) -> None:
    with Host(SPEC, command) as plugin:
        with Host.attach(SPEC, plugin.reattach_config) as other:
            assert (other.version, other.pid) == (5, plugin.pid)
            assert other.client(Go).call("Echo", b"x") == b"x"
        assert plugin.client(Go).call("Echo", b"y") == b"y"


def test_one_of_another_version_or_another_system_is_refused(command: list[str]) -> None:
    with pytest.raises(VersionMismatch, match="upgrade the plugin"):
        Host(replace(SPEC, versions=(7,)), command).start()
    with pytest.raises(ExitedAtStart, match="exited with code 1"):
        Host(replace(SPEC, cookie_value="other"), command).start()


def test_fifty_at_once_leave_nothing_behind(
    command: list[str], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of them crash, and others take their place."""
    with tempfile.TemporaryDirectory(prefix="h-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with Host(SPEC, command, options) as plugin:  # what stays is there from now on
            plugin.client(Go).call("Echo", b"x")
        before = descriptors()
        with ThreadPoolExecutor(8) as pool:
            for _ in range(2):
                plugins = [Host(SPEC, command, options) for _ in range(50)]
                for plugin in pool.map(Host.start, plugins):
                    assert plugin.client(Go).call("Echo", b"x") == b"x"
                for plugin in plugins[::2]:
                    os.kill(plugin.pid, signal.SIGKILL)
                ends = [*pool.map(Host.stop, plugins)]
                assert {end.signal for end in ends[::2]} == {"SIGKILL"}
                assert {(end.code, end.forced) for end in ends[1::2]} == {(0, False)}
        until(lambda: not [t for t in threading.enumerate() if t.name.startswith("plugin-std")])
        until(lambda: descriptors() <= before)
        assert children() == set()
        assert os.listdir(folder) == []
