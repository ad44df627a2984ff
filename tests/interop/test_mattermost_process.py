"""Does the process behave: noise, broker, AutoMTLS, the death of its host?"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.interop.death import check_that_it_dies
from kit.interop.gohost import HostRefusal
from kit.interop.mattermost_host import IMPORTS, PLUGINS, MattermostHost

QUIET = PLUGINS / "quiet.py"


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


@pytest.fixture(scope="module")
def noisy(host: MattermostHost) -> MattermostHost:
    host.activate(PLUGINS / "noisy.py", "noisy")
    return host


def command(host: MattermostHost, name: str, text: str) -> dict[str, Any]:
    answer = host.hook("ExecuteCommand", {"args": {"command": text}}, target=name)
    assert answer["code"] == "OK", answer
    response: dict[str, Any] = answer["response"]
    return response


def test_what_is_printed_while_importing_comes_after_the_handshake(
    noisy: MattermostHost,
) -> None:
    text = noisy.request(
        "stdio", name="noisy", contains="written while importing", timeout_ms=10_000
    )["text"]
    assert text.startswith("printed while importing\n")
    assert text.count("x") >= 2**20


def test_prints_of_a_handler(noisy: MattermostHost) -> None:
    command(noisy, "noisy", "prints")
    for words in ("printed by a handler", "written by C"):
        noisy.request("stdio", name="noisy", contains=words)
    noisy.request("logs", name="noisy", contains="complained by a handler", at_least=1)


def test_a_log_record_of_200_kib_with_odd_fields(noisy: MattermostHost) -> None:
    command(noisy, "noisy", "logs")
    found = noisy.request("logs", name="noisy", level="warn", contains="long y", at_least=1)
    assert found["records"][0]["level"] == "warn"
    assert noisy.request("health", target="noisy")["status"] == "SERVING"


@pytest.mark.parametrize("what", ["forks", "runs"])
def test_children(noisy: MattermostHost, what: str) -> None:
    assert command(noisy, "noisy", what) == {"response": {"text": "done"}}
    assert noisy.request("health", target="noisy")["status"] == "SERVING"


def test_an_exception_with_odd_arguments(noisy: MattermostHost) -> None:
    error = command(noisy, "noisy", "raises")["error"]
    assert "not" in error["message"]
    found = noisy.request("logs", name="noisy", level="error", contains="not", at_least=1)
    record = found["records"][-1]
    assert "Traceback" in str(record["fields"])


def test_a_noisy_plugin_stops(noisy: MattermostHost) -> None:
    noisy.stop("noisy")


@pytest.mark.parametrize("auto_mtls", [False, True], ids=["plain", "mtls"])
def test_the_broker_works_both_ways(host: MattermostHost, auto_mtls: bool) -> None:
    name = f"broker-{auto_mtls}"
    started = host.activate(PLUGINS / "brokered.py", name, auto_mtls=auto_mtls)
    assert started["tls"] is auto_mtls
    value = base64.b64encode(b"hi").decode()
    answers = {"KVGet": {"response": {"value": value}}}
    offered = host.request("broker", plugin=name, op="accept", name=f"{name}-api", answers=answers)
    number = offered["broker_id"]
    assert command(host, name, f"dial {number}") == {"response": {"text": "hi"}}
    seen = host.request("api_log", name=f"{name}-api", method="KVGet")["requests"]
    assert seen[0]["request"] == {"key": "hello"}
    assert command(host, name, "serve 77") == {"response": {"text": "serving"}}
    host.request("broker", plugin=name, op="dial", broker_id=77, name=f"{name}-back")
    answer = host.hook("KVGet", {"key": "k"}, target=f"{name}-back")
    assert base64.b64decode(answer["response"]["value"]) == b"value of k"
    host.stop(name)


def test_auto_mtls_lets_nobody_else_in(host: MattermostHost, tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path)}
    started = host.activate(QUIET, "secret", auto_mtls=True, env=env)
    assert started["tls"] is True
    print(f"with AutoMTLS: spawn to handshake {started['handshake_ms']:.0f} ms")
    for number, tls in enumerate(
        (
            None,
            {"present": "nothing"},
            {"present": "other", "other": {"curve": "P-256"}},
        )
    ):
        fields: dict[str, Any] = {} if tls is None else {"tls": tls}
        host.request("dial", name=f"stranger{number}", plugin="secret", **fields)
        answer = host.hook("Implemented", target=f"stranger{number}", timeout_ms=3000)
        assert answer["code"] in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), answer
    assert host.hook("Implemented", target="secret")["code"] == "OK"
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert files == []
    host.stop("secret")
    assert list(tmp_path.rglob("*")) == []


def test_an_expired_host_certificate_is_refused(host: MattermostHost) -> None:
    expired = {"curve": "P-256", "valid_from_s": -7200, "valid_until_s": -3600}
    host.start(QUIET, "expired", client_cert=expired)
    answer = host.hook("Implemented", target="expired", timeout_ms=3000)
    assert answer["code"] in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), answer
    with contextlib.suppress(Exception):
        host.request("kill", name="expired")


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        ({}, True),
        ({"MATTERMOST_LOG_LEVEL": "error"}, False),
        ({"MATTERMOST_PLUGIN_LOG_LEVEL": "error"}, False),
        (
            {"MATTERMOST_PLUGIN_LOG_LEVEL": "info", "MATTERMOST_LOG_LEVEL": "error"},
            True,
        ),
    ],
)
def test_log_levels(host: MattermostHost, env: dict[str, str], shown: bool) -> None:
    name = "-".join(["level", *env, *env.values()])
    host.activate(QUIET, name, env=env)
    host.stop(name)
    records = host.request("logs", name=name, contains="up", level="info")["records"]
    assert bool([r for r in records if r["message"] == "up"]) is shown


def test_reattach_mode_needs_no_host(host: MattermostHost) -> None:
    """For a debugger: the program prints where it listens, and a host attaches to it."""
    env = {**os.environ, "PYTHONPATH": IMPORTS}
    program = subprocess.Popen(
        [sys.executable, str(QUIET), "--reattach"],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert "attach a host" in program.stdout.readline()
        config = json.loads(program.stdout.readline())
        reattach = {"address": f"unix:{config['Addr']['String']}", "pid": program.pid}
        reattach.update(protocol_version=config["ProtocolVersion"], test=config["Test"])
        host.request("start", name="debugged", reattach=reattach)
        assert host.hook("OnActivate", target="debugged")["code"] == "OK"
        host.request("kill", name="debugged")
        assert program.poll() is None
    finally:
        program.terminate()
        assert program.wait(10) == 0


def test_a_host_that_would_multiplex(host: MattermostHost) -> None:
    """The seventh field of the handshake tells it that this plugin does not."""
    with pytest.raises(HostRefusal, match="plugin does not support the feature"):
        host.start(QUIET, "single", multiplex=True)


def test_unix_sockets_in_the_hosts_folder(host: MattermostHost) -> None:
    with tempfile.TemporaryDirectory() as folder:  # that of pytest may be too long
        socket = {"temp_dir": folder, "group": str(os.getgid())}
        started = host.activate(QUIET, "socket", unix_socket=socket)
        assert started["network"] == "unix"
        assert started["address"].startswith(started["socket_dir"])
        assert Path(started["address"]).stat().st_mode & 0o777 == 0o660
        host.stop("socket")
        assert not Path(started["address"]).exists()


def test_the_plugin_dies_with_its_host(tmp_path: Path) -> None:
    host = MattermostHost()
    started = host.activate(QUIET, env={"TMPDIR": str(tmp_path)})
    check_that_it_dies(host, started["pid"])
    assert list(tmp_path.rglob("*")) == []
