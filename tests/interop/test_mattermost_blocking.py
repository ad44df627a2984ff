"""What still works while a coroutine of the plugin blocks the loop of its coroutines?"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import grpc
import pytest
from kit.interop.death import check_that_it_dies
from kit.interop.gohost import Result
from kit.interop.mattermost_host import PLUGINS, MattermostHost

GRACE_S = 1.5
FORCED_EXIT = 1


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        user = {"user": {"id": "u1", "nickname": "ann"}}
        host.request("api_set", answers={"GetUser": {"response": user}})
        for kind in ("function", "coroutine"):
            host.activate(PLUGINS / "blocking.py", kind, env={"INTEROP_HTTP": kind})
        yield host


def begin(host: MattermostHost, name: str, how: str) -> Future[Result]:
    """A call of the hook that blocks, which has begun to."""
    request = {"user": {"id": how}}
    after = last_record(host, name)
    call = host.submit("call", target=name, method="UserHasBeenDeactivated", request=request)
    host.request("logs", name=name, contains=f"{how} begins", after=after, at_least=1)
    return call


def last_record(host: MattermostHost, name: str) -> int:
    records = host.request("logs", name=name)["records"]
    return max((record["seq"] for record in records), default=0)


@contextlib.contextmanager
def blocked(host: MattermostHost, name: str = "function", how: str = "sleep") -> Iterator[None]:
    """In it a coroutine blocks; that it still does so at the end is part of the test."""
    call = begin(host, name, how)
    try:
        yield
        assert not call.done()
    finally:
        host.hook("OnInstall", target=name)
        assert call.result(10)["code"] == "OK"


@pytest.mark.parametrize(("how", "limit_ms"), [("sleep", 500), ("busy", 1000)])
def test_health_functions_and_api_calls_go_on(
    host: MattermostHost, how: str, limit_ms: float
) -> None:
    worst = {"health": 0.0, "Implemented": 0.0, "function with an API call": 0.0}
    with blocked(host, how=how):
        for _ in range(10):
            health = host.request("health", target="function")
            assert health["status"] == "SERVING"
            names = host.hook("Implemented", target="function")
            assert "ExecuteCommand" in names["response"]["hooks"]
            posted = host.hook("MessageWillBePosted", {"post": {}}, target="function")
            assert posted["response"]["modified_post"] == {"hashtags": "ann"}
            took = (health["took_ms"], names["elapsed_ms"], posted["elapsed_ms"])
            for what, ms in zip(worst, took, strict=True):
                worst[what] = max(worst[what], ms)
    print(f"while a coroutine blocks ({how}), at most: ", end="")
    print(", ".join(f"{what} {ms:.1f} ms" for what, ms in worst.items()))
    assert worst["health"] < limit_ms


@pytest.mark.parametrize("how", ["sleep", "busy"])
def test_coroutines_behind_it_are_answered_when_their_time_is_up(
    host: MattermostHost, how: str
) -> None:
    after = last_record(host, "function")
    with blocked(host, how=how):
        requests: dict[str, Any] = {
            "ExecuteCommand": {"args": {"command": "late"}},
            "UserHasBeenCreated": {"user": {"id": "u2"}},
        }
        running = {
            method: host.submit("call", target="function", method=method, request=sent)
            for method, sent in requests.items()
        }
        found = {method: call.result(10) for method, call in running.items()}
    embedded, status = found["ExecuteCommand"], found["UserHasBeenCreated"]
    text = "the handler of {} took longer than 0.5 s"
    assert embedded["code"] == "OK"
    assert embedded["response"]["error"]["message"] == text.format("ExecuteCommand")
    assert status["code"] == "DEADLINE_EXCEEDED"
    assert status["message"] == text.format("UserHasBeenCreated")
    for method, answer in found.items():
        assert 450 < answer["elapsed_ms"] < 1500, method
    print(f"time-outs of 0.5 s came after {embedded['elapsed_ms']:.0f} ms", end=" ")
    print(f"and {status['elapsed_ms']:.0f} ms ({how})")
    # The loop goes on, and does not run what nobody waits for.
    answer = host.hook("ExecuteCommand", {"args": {"command": "next"}}, target="function")
    assert answer["response"] == {"response": {"text": "in time"}}
    ran = host.request("logs", name="function", contains="command", after=after)
    texts = [r["message"] for r in ran["records"] if r["message"].endswith("runs")]
    assert texts == ["command next runs"]


def get(host: MattermostHost, name: str, path: str) -> Future[Result]:
    message = {"init": {"method": "GET", "url": path}, "body_complete": True}
    return host.submit(
        "stream",
        target=name,
        method="ServeHTTP",
        sends=[{"message": message}],
        read={"keep": "raw", "body_path": "body_chunk"},
    )


@pytest.mark.parametrize("kind", ["function", "coroutine"])
def test_http_waits_for_the_loop_and_is_then_served(host: MattermostHost, kind: str) -> None:
    """HTTP streams are driven by the loop of coroutines, for handlers of either kind; a
    client that leaves meanwhile is not waited for.
    """
    after = last_record(host, kind)
    with blocked(host, kind):
        leaves, stays = get(host, kind, "/leaves"), get(host, kind, "/stays")
        host.hook("Implemented", target=kind)  # a round trip: both have arrived
        assert not leaves.done()
        assert not stays.done()
        host.abort(leaves)
        assert leaves.result(5)["code"] == "CANCELLED"
    answer = stays.result(10)
    assert answer["code"] == "OK"
    assert answer["body"]["size"] == len(f"from a {kind}")
    log = host.request("logs", name=kind, contains="request of /stays", at_least=1)
    assert log["records"]
    seen = host.request("logs", name=kind, contains="request of", after=after)
    assert [r["message"] for r in seen["records"]] == ["request of /stays"]


def test_the_log_names_the_line_that_blocks(host: MattermostHost) -> None:
    after = last_record(host, "function")
    with blocked(host):
        found = host.request(
            "logs",
            name="function",
            level="warn",
            contains="a coroutine blocks the event loop",
            after=after,
            at_least=1,
        )
    text = found["records"][0]["message"]
    assert "all other coroutines wait for it" in text
    assert "time.sleep(pause)" in text
    assert "in deactivated" in text
    host.request("logs", name="function", contains="event loop goes on", after=after, at_least=1)
    every = host.request("logs", name="function", contains="blocks the", after=after)
    assert len(every["records"]) == 1  # the loop of the transport is not blocked


Stop = Callable[[MattermostHost, Result], None]


def by_controller(host: MattermostHost, started: Result) -> None:
    with grpc.insecure_channel(f"unix:{started['address']}") as channel:
        began = time.monotonic()
        channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=1)
        print(f"Shutdown answered in {(time.monotonic() - began) * 1000:.0f} ms")
        assert time.monotonic() - began < 0.5


def by_signal(host: MattermostHost, started: Result) -> None:
    os.kill(started["pid"], signal.SIGTERM)


@pytest.mark.parametrize("stop", [by_controller, by_signal])
def test_it_stops_within_the_grace(host: MattermostHost, tmp_path: Path, stop: Stop) -> None:
    name = stop.__name__
    started = host.activate(PLUGINS / "blocking.py", name, env={"TMPDIR": str(tmp_path)})
    assert Path(started["address"]).exists()
    call = begin(host, name, "endless")
    began = time.monotonic()
    stop(host, started)
    ended = host.request("wait_exit", name=name, timeout_ms=5000)
    took = time.monotonic() - began
    print(f"{name}: gone after {took:.2f} s, exit code {ended['code']}")
    assert ended["code"] == FORCED_EXIT
    assert took < GRACE_S + 0.5
    assert call.result(5)["code"] in ("UNAVAILABLE", "CANCELLED")
    assert list(tmp_path.rglob("*")) == []


def test_a_host_that_kills_it_needs_no_force(host: MattermostHost) -> None:
    host.activate(PLUGINS / "blocking.py", "killed")
    begin(host, "killed", "endless")
    stopped = host.request("kill", name="killed")
    assert (stopped["exited"], stopped["code"], stopped["forced"]) == (
        True,
        FORCED_EXIT,
        False,
    ), stopped
    print(f"go-plugin's Kill took {stopped['took_ms']:.0f} ms")


def test_it_dies_with_its_host(tmp_path: Path) -> None:
    host = MattermostHost()
    started = host.activate(PLUGINS / "blocking.py", env={"TMPDIR": str(tmp_path)})
    begin(host, "plugin", "endless")
    check_that_it_dies(host, started["pid"])
    assert list(tmp_path.rglob("*")) == []
