"""Is a plugin called that somebody else has started, and left to them?"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kit.hosting import ENV, OPTIONS, SPEC, App, AsyncApp, alive, descriptors, good, until
from plugwright_runtime.errors import (
    AttachError,
    HandshakeError,
    PluginExited,
    StartError,
    VersionMismatch,
)
from plugwright_runtime.hosts import AsyncHost, Host
from plugwright_runtime.hosts.attach import Running
from plugwright_runtime.process.endpoint import Endpoint

UNIX = {"Network": "unix", "String": "/tmp/x"}
CONFIG = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": 7, "Test": True, "Addr": UNIX}


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A plugin that a person has started for a debugger, and what it printed."""
    command = [*good(tmp_path), "--reattach"]
    env = {**os.environ, **ENV, "TMPDIR": "/tmp"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process, process.stdout.readline()
        process.terminate()


def test_a_plugin_that_a_person_started_is_called_and_left(
    by_hand: tuple[subprocess.Popen[str], str],
) -> None:
    process, config = by_hand
    with Host.attach(SPEC, config) as plugin:
        plugin.ping()
        assert plugin.pid == process.pid
        assert plugin.client(App).call("Echo", b"x") == b"x"
    assert process.poll() is None
    with Host.attach(SPEC, config, replace(OPTIONS, kill_attached=True)) as plugin:
        assert plugin.client(App).call("Echo", b"y") == b"y"
    assert process.wait(10) == 0


def test_a_second_host_may_call_the_plugin_of_a_first(tmp_path: Path) -> None:
    async def second(config: str) -> bytes:
        async with AsyncHost.attach(SPEC, config) as plugin:
            return await plugin.client(AsyncApp).call("Echo", b"x")

    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        before = descriptors()
        assert asyncio.run(second(plugin.reattach_config)) == b"x"
        until(lambda: not [t for t in threading.enumerate() if t.name == "plugin-attached"])
        until(lambda: descriptors() <= before)
        plugin.ping()


def test_a_call_that_an_attached_plugin_does_not_survive_says_so(tmp_path: Path) -> None:
    with (
        Host(SPEC, good(tmp_path), OPTIONS) as plugin,
        Host.attach(SPEC, plugin.reattach_config) as attached,
    ):
        with pytest.raises(PluginExited, match="ended"):
            attached.client(App).call("Die")
        assert attached.exit is not None


def test_under_mutual_tls_nobody_else_can_call(tmp_path: Path) -> None:
    options = replace(OPTIONS, auto_mtls=True)
    with Host(SPEC, good(tmp_path), options) as plugin, pytest.raises(AttachError):
        assert plugin.reattach_config
    with pytest.raises(AttachError, match="who started it"):
        Host.attach(SPEC, json.dumps(CONFIG | {"ProtocolVersion": 1, "Pid": 0}), options).start()


def test_what_is_gone_is_not_attached_to_and_nobody_is_killed(tmp_path: Path) -> None:
    kill = replace(OPTIONS, kill_attached=True)
    gone = CONFIG | {"ProtocolVersion": 1, "Pid": 2**22 - 1, "Addr": {"Net": "unix", "Name": "/no"}}
    with pytest.raises(AttachError, match="there is no process 4194303"):
        Host.attach(SPEC, gone, kill).start()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        with pytest.raises(AttachError, match="no plugin listens on /no"):
            Host.attach(SPEC, gone | {"Pid": stranger.pid}, kill).start()
        assert alive(stranger.pid)
        stranger.kill()
    with pytest.raises(VersionMismatch):
        Host.attach(SPEC, gone | {"Pid": 0, "ProtocolVersion": 9}).start()


FORMS: list[Any] = [
    CONFIG,
    json.dumps(CONFIG),
    json.dumps({"registry/one": CONFIG}),
    CONFIG | {"Addr": {"Net": "unix", "Name": "/tmp/x"}},
]


@pytest.mark.parametrize("config", FORMS)
def test_every_form_of_a_reattach_config_is_read(config: Any) -> None:
    read = Running.read(config)
    assert read == Running(Endpoint("unix", "/tmp/x"), 5, 7)
    assert Running.read(read.text()) == read


WRONG: list[tuple[Any, type[StartError], str]] = [
    ("{", AttachError, "no JSON"),
    ("[]", AttachError, "no ReattachConfig"),
    ({"a": CONFIG, "b": CONFIG}, AttachError, "no ReattachConfig"),
    (CONFIG | {"Protocol": ""}, AttachError, "'netrpc'"),
    (CONFIG | {"Addr": {"Network": "unix"}}, AttachError, "Network and String"),
    (CONFIG | {"Pid": "7"}, AttachError, "are numbers"),
    (CONFIG | {"Pid": -7}, AttachError, "are numbers"),
    (CONFIG | {"Addr": UNIX | {"String": "x"}}, HandshakeError, "no absolute path"),
    (CONFIG | {"Addr": {"Network": "tcp", "String": "10.0.0.1:5"}}, HandshakeError, "10.0.0.1"),
]


@pytest.mark.parametrize(("config", "kind", "text"), WRONG)
def test_what_is_no_reattach_config_is_refused(
    config: Any, kind: type[StartError], text: str
) -> None:
    with pytest.raises(kind) as caught:
        Running.read(config)
    assert text in str(caught.value)
