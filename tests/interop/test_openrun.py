"""Does an OpenRun provider do under a real go-plugin host what the server relies on?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.interop.gohost import HostRefusal
from kit.interop.openrun_host import COOKIE, IMPORTS, PROVIDER, OpenRunHost
from kit.interop.star_values import b64, number, plain, text
from kit.places import ROOT

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def host() -> Iterator[OpenRunHost]:
    """With a provider that is initialised."""
    with OpenRunHost() as host:
        host.serve()
        yield host


def test_every_rpc_once_with_every_field(host: OpenRunHost) -> None:
    started = host.start(name="all")
    assert (started["tls"], started["version"]) == (True, 1)
    assert host.request("health", target="all")["status"] == "SERVING"

    described = host.answer("Describe", name="all")
    assert described["provider_version"] == "3.1.4"
    (module,) = described["modules"]
    assert module["name"] == "probe"
    reads = {f["name"]: f.get("is_read", False) for f in module["functions"]}
    assert [name for name, is_read in reads.items() if is_read] == ["seen", "echo"]
    assert "_internal" not in reads
    assert module["constants"] == {
        "LIMIT": {"bigint": {"abs": b64((2**70).to_bytes(9, "big"))}},
        "PAIR": {"tuple": {"values": [number(1), {"float": 2}]}},
        "NAMES": {"dict": {"entries": [{"key": text("a"), "value": {"bytes": b64(b"\0")}}]}},
    }

    app = {"app_id": "i", "app_path": "/p", "is_dev": True, "app_schema": b64(b"s")}
    assert host.answer("InitApp", app, "all") == {}
    settings = {"one": number(1), "two": {"list": {"values": [text("x")]}}}
    module = {"module": "probe", "account": "acc", "settings": settings}
    assert host.answer("InitModule", module, "all") == {}

    thread = {
        "request_id": "r",
        "user_id": "u",
        "user_subject": "sub",
        "user_email": "u@x",
        "groups": ["g", "h"],
        "app_url": "https://x/p",
    }
    call = {
        "module": "probe",
        "account": "acc",
        "function": "seen",
        "args": [number(7), {"bool": True}],
        "kwargs": [
            {"name": "z", "value": text("last")},
            {"name": "a", "value": {"none": True}},
        ],
        "thread": thread,
        "session_id": "s1",
    }
    answer = host.answer("Call", call, "all")
    assert set(answer) == {"value"}
    assert plain(answer["value"]) == {
        "app": {"id": "i", "path": "/p", "is_dev": True, "schema": b"s"},
        "account": "acc",
        "settings": {"one": 1, "two": ["x"]},
        "args": [7, True],
        "kwargs": {"z": "last", "a": None},
        "function": "seen",
        "thread": thread,
        "session": "s1",
    }

    call |= {"function": "count", "args": [number(3)], "kwargs": []}
    cursor = host.answer("Call", call, "all")["value"]["cursor"]
    assert set(cursor) == {"cursor_id", "type_name", "leak_key"}
    assert cursor["type_name"] == "probe#acc.count"
    place = {"session_id": "s1", "cursor_id": cursor["cursor_id"]}
    answer = host.answer("CursorNext", {**place, "max_items": 2}, "all")
    assert answer == {"items": [{"int": "0"}, {"int": "1"}]}
    assert host.answer("CursorClose", place, "all") == {}
    assert host.answer("EndSession", {"session_id": "s1", "failed": True}, "all") == {}
    assert host.answer("CheckHealth", name="all") == {}
    host.stop("all")
    host.request("logs", name="all", contains="stopped 'acc'", at_least=1)


def test_without_auto_mtls_it_refuses_to_start(host: OpenRunHost) -> None:
    with pytest.raises(HostRefusal):
        host.start(name="naked", auto_mtls=False)
    ended = host.request("wait_exit", name="naked")
    assert ended["code"] == 1
    host.request("logs", name="naked", contains="AutoMTLS", at_least=1)


def test_a_stranger_is_refused(host: OpenRunHost) -> None:
    """Without TLS, without a certificate, and with another one."""
    for index, tls in enumerate((None, {"present": "nothing"}, {"present": "other"})):
        name = f"stranger-{index}"
        extra: dict[str, Any] = {"tls": tls} if tls else {}
        host.request("dial", name=name, plugin="plugin", **extra)
        result = host.request("call", method="Describe", request={}, target=name)
        assert result["code"] == "UNAVAILABLE", tls
    assert host.answer("Describe")["provider_version"] == "3.1.4"


def test_a_provider_that_cannot_work_says_why(host: OpenRunHost, tmp_path: Path) -> None:
    program = tmp_path / "broken.py"
    program.write_text(
        "from decimal import Decimal\n"
        "from openrun_plugin import Module, Provider, function, run_provider\n"
        "class Broken(Module):\n"
        "    @function\n"
        "    def f(self, x: Decimal) -> None: ...\n"
        "class Demo(Provider):\n"
        "    modules = [Broken]\n"
        "run_provider(Demo)\n"
    )
    with pytest.raises(HostRefusal):
        host.start(program, "broken")
    assert host.request("wait_exit", name="broken")["code"] == 1
    found = host.request("logs", name="broken", contains="uncaught", at_least=1)
    (record,) = found["records"]
    text = "Broken.f: no value can be checked against the annotation Decimal"
    assert text in record["fields"]["exception"]


def test_started_by_hand_it_explains_itself() -> None:
    env = {**os.environ, "PYTHONPATH": IMPORTS}
    env.pop(COOKIE["key"], None)
    done = subprocess.run(
        [sys.executable, str(PROVIDER)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "plugin" in done.stderr


@pytest.mark.parametrize(("level", "logged"), [("info", True), ("error", False)])
def test_the_log_level_of_the_server(host: OpenRunHost, level: str, logged: bool) -> None:
    name = f"level-{level}"
    host.serve(name, env={"OPENRUN_PROVIDER_LOG_LEVEL": level})
    found = host.request("logs", name=name, contains="initialised")["records"]
    assert bool(found) == logged
    host.stop(name)


def test_export_copies_the_program(tmp_path: Path) -> None:
    target = tmp_path / "shared" / "plugins"
    run: dict[str, Any] = {
        "env": {**os.environ, "PYTHONPATH": IMPORTS},
        "capture_output": True,
        "text": True,
        "check": False,
    }
    for _ in range(2):  # a second time over the first copy
        done = subprocess.run([sys.executable, str(PROVIDER), "export", str(target)], **run)
        copy = target / PROVIDER.name
        assert (done.returncode, done.stdout) == (0, f"exported {copy}\n"), done.stderr
        assert copy.read_bytes() == PROVIDER.read_bytes()
        assert copy.stat().st_mode & 0o777 == 0o555
        assert [p.name for p in target.iterdir()] == [PROVIDER.name]
    done = subprocess.run([sys.executable, str(PROVIDER), "export"], **run)
    assert (done.returncode, done.stdout) == (1, "")
    assert "export DIR" in done.stderr
    with OpenRunHost() as host:
        host.start(copy)
        assert host.answer("Describe")["provider_version"] == "3.1.4"


def test_the_example_as_an_exported_executable(host: OpenRunHost, tmp_path: Path) -> None:
    source = (ROOT / "examples" / "openrun" / "provider.py").read_text("utf-8")
    program = tmp_path / "openrun-plugin-notes"
    program.write_text(source.replace("/usr/bin/env python3", sys.executable, 1))
    program.chmod(0o755)
    env = {**os.environ, "PYTHONPATH": IMPORTS}
    subprocess.run([program, "export", tmp_path / "out"], env=env, check=True)
    host.start(name="notes", argv=[str(tmp_path / "out" / program.name)])
    host.answer("InitApp", {"app_id": "a"}, "notes")
    settings = {"path": text(str(tmp_path / "notes.db"))}
    host.answer("InitModule", {"module": "notes", "settings": settings}, "notes")

    def call(function: str, *args: Any) -> Any:
        request = {
            "module": "notes",
            "function": function,
            "args": args,
            "session_id": "s",
        }
        return host.answer("Call", request, "notes")

    assert call("begin")["strict_keys"] == ["notes:transaction"]
    assert call("add", text("buy milk"))["value"] == number(1)
    assert "strict_keys" not in call("commit")
    call("begin")
    assert call("add", text("lost"))["value"] == number(2)
    cursor = call("search", text(""))["value"]["cursor"]["cursor_id"]
    place = {"session_id": "s", "cursor_id": cursor, "max_items": 10}
    assert len(host.answer("CursorNext", place, "notes")["items"]) == 2
    assert host.answer("EndSession", {"session_id": "s"}, "notes") == {}
    assert call("get", number(2)) == {"error": "there is no note 2", "error_code": "2"}
    assert call("get", number(1))["value"]["struct"]["type_name"] == "note"
    host.stop("notes")


def test_the_two_error_channels(host: OpenRunHost) -> None:
    assert host.call("fail", text("no")) == {"error": "no", "error_code": "1"}
    assert host.call("fail", text("no"), number(1)) == {
        "error": "no",
        "error_code": "1",
    }
    assert host.call("fail", text("no"), number(2)) == {
        "error": "no",
        "error_code": "2",
    }
    assert host.call("fail", text("no"), number(2**63 - 1))["error_code"] == str(2**63 - 1)
    assert host.call("raises") == {"error": "KeyError: 'unexpected'", "error_code": "1"}
    assert host.call("exits") == {"error": "SystemExit: 5", "error_code": "1"}
    wrong = host.call("fail", number(1))
    assert wrong == {
        "error": "probe.fail: text: expected str, got int",
        "error_code": "1",
    }
    host.request("logs", name="plugin", level="error", contains="probe.raises", at_least=1)
    assert host.request("health")["status"] == "SERVING"


def test_the_statuses_that_are_meant(host: OpenRunHost) -> None:
    host.start(name="new")
    expected = [
        ("InitModule", {"module": "probe"}, "FAILED_PRECONDITION"),
        ("Call", {"module": "probe", "function": "echo"}, "FAILED_PRECONDITION"),
        ("InitApp", {}, "OK"),
        ("InitApp", {}, "FAILED_PRECONDITION"),
        ("Call", {"module": "probe", "function": "echo"}, "FAILED_PRECONDITION"),
        ("InitModule", {"module": "nowhere"}, "INVALID_ARGUMENT"),
        ("InitModule", {"module": "probe"}, "OK"),
        (
            "Call",
            {"module": "probe", "account": "b", "function": "echo"},
            "FAILED_PRECONDITION",
        ),
        ("Call", {"module": "nowhere", "function": "echo"}, "INVALID_ARGUMENT"),
        ("Call", {"module": "probe", "function": "nothing"}, "INVALID_ARGUMENT"),
    ]
    for method, request, code in expected:
        assert host.rpc(method, request, "new")["code"] == code, (method, request)
    host.stop("new")


def test_refusals_of_app_and_module_are_answers(host: OpenRunHost) -> None:
    host.start(name="refusing")
    bad = {"app_schema": b64(b"unsupported")}
    assert host.answer("InitApp", bad, "refusing") == {"error": "the schema is not supported"}
    assert host.answer("InitApp", {}, "refusing") == {}
    request = {"module": "probe", "settings": {"refuse": {"bool": True}}}
    assert host.answer("InitModule", request, "refusing") == {"error": "these settings are refused"}
    request = {"module": "probe", "settings": {"odd": {}}}
    answer = host.answer("InitModule", request, "refusing")
    assert answer["error"].startswith("settings: odd: a value of no kind")
    host.stop("refusing")


def test_a_provider_that_dies_is_a_status(host: OpenRunHost) -> None:
    host.serve("dying")
    request = {"module": "probe", "function": "dies", "session_id": "s"}
    assert host.rpc("Call", request, "dying")["code"] == "UNAVAILABLE"
    assert host.request("wait_exit", name="dying")["code"] == 7


def test_health_is_answered_while_calls_run(host: OpenRunHost) -> None:
    host.serve("busy")
    request = {"module": "probe", "function": "wait", "session_id": "s"}
    waiting = host.submit("call", method="Call", request=request, target="busy")
    host.request("logs", name="busy", contains="waiting", at_least=1)
    assert host.answer("CheckHealth", name="busy") == {}
    host.call("open_gate", session="other", name="busy")
    assert waiting.result(10)["response"] == {"value": text("waited")}
    assert host.answer("CheckHealth", name="busy") == {"error": "the gate is open"}
    host.stop("busy")
