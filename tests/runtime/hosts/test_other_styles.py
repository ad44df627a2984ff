"""Are plugins hosted that get a socket's path, and those that print a port?"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kit.echo_styles import PLUGIN, folder, sdk
from kit.hosting import App, records, script
from kit.places import RUNTIME
from plugwright_runtime.errors import ExitedAtStart, HandshakeError, PluginExited, StartTimeout
from plugwright_runtime.hosts import Host, Options
from plugwright_runtime.hosts.ways import Spec
from plugwright_runtime.rpc.client import ClientOptions
from plugwright_runtime.styles.goplugin import BrokerError
from plugwright_runtime.styles.port_on_stdout import PortOnStdout
from plugwright_runtime.styles.socket_argument import SocketArgument

__all__ = ["folder", "sdk"]  # fixtures

SPECS: dict[str, Spec] = {"socket-argument": SocketArgument(), "port-on-stdout": PortOnStdout()}
STYLES = pytest.mark.parametrize("style", SPECS)


class Echo(App):
    _options = ClientOptions("echo.Echo")

    def say(self, text: str) -> str:
        return self.call("Say", b"\n" + bytes([len(text)]) + text.encode())[2:].decode()


@pytest.fixture
def hosted(sdk: Callable[[str], Path], folder: Path) -> Callable[[str], Host]:
    def make(style: str) -> Host:
        program = folder / "echo_plugin.py"
        program.write_text(PLUGIN)
        env = {"PYTHONPATH": f"{sdk(style)}:{RUNTIME}", "ECHO_ID": "mine", "PYTHONUNBUFFERED": ""}
        return Host(SPECS[style], [sys.executable, str(program)], Options(env=env, name="echo"))

    return make


@STYLES
def test_a_plugin_is_started_called_and_stopped(
    hosted: Callable[[str], Host], style: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), hosted(style) as plugin:
        plugin.ping()
        assert plugin.client(Echo).say("hi").startswith("hi|mine|")
        with pytest.raises(BrokerError, match="no broker"):
            plugin.dial(Echo, 1)
    assert plugin.exit is not None
    assert (plugin.exit.code, plugin.exit.forced) == (0, False)
    told = [*records(caplog, "plugin.echo")]
    assert any(level == "WARNING" and "two" in text for level, text in told)
    assert ("INFO", "plugin: made") in told or ("INFO", "made") in told


@STYLES
def test_a_call_that_it_does_not_survive_says_how_it_ended(
    hosted: Callable[[str], Host], style: str
) -> None:
    with hosted(style) as plugin:
        os.kill(plugin.pid, signal.SIGKILL)
        with pytest.raises(PluginExited, match="killed by SIGKILL"):
            plugin.client(Echo).say("hi")


@STYLES
def test_one_that_ends_at_once_says_its_last_words(tmp_path: Path, style: str) -> None:
    with pytest.raises(ExitedAtStart, match=r"code 1 before(.|\n)*no licence"):
        Host(SPECS[style], script(tmp_path, "sys.exit('no licence')")).start()


@STYLES
def test_one_that_never_listens_is_given_up(tmp_path: Path, style: str) -> None:
    command = script(tmp_path, "time.sleep(60)")
    with pytest.raises(StartTimeout, match=r"within 0\.5 s"):
        Host(SPECS[style], command, Options(start_timeout=0.5)).start()


@pytest.mark.parametrize("line", ["hello", "0", "70000", "", "12 34"])
def test_what_is_no_port(tmp_path: Path, line: str) -> None:
    command = script(tmp_path, f"print({line!r}, flush=True); time.sleep(60)")
    with pytest.raises(HandshakeError, match="is no port"):
        Host(PortOnStdout(), command).start()


def test_an_endpoint_may_be_told_in_a_variable(tmp_path: Path) -> None:
    source = "sys.exit(f\"{os.environ['CSI_ENDPOINT'][:8]} {len(sys.argv)}\")"
    spec = replace(SocketArgument(), endpoint_env="CSI_ENDPOINT")
    with pytest.raises(ExitedAtStart, match=r"unix:///(.|\n)* 1"):
        Host(spec, script(tmp_path, source)).start()
