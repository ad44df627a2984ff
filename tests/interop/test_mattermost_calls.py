"""Do hooks and API calls go on side by side, into each other, and by the thousand?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kit.interop.mattermost_host import PLUGINS, MattermostHost
from kit.places import importing
from plugwright_runtime.loops.pool import THREADS

DEEPER_THAN_THE_POOL = THREADS + 36


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        answers = {
            "GetPost": nested("MessageWillBePosted", "post", "post_id", "post.hashtags"),
            "GetUser": nested("MessageWillBeUpdated", "new_post", "user_id", "user.nickname"),
        }
        host.request("api_set", answers=answers)
        host.activate(PLUGINS / "calling.py")
        yield host


def nested(hook: str, entity: str, argument: str, result: str) -> dict[str, Any]:
    """An answer of the API that calls the plugin's hook first."""
    call = {
        "method": hook,
        "request": {},
        "copy": {f"{entity}.message": argument},
        "return": {result: "modified_post.hashtags"},
    }
    return {"call": call}


def depth_reached(host: MattermostHost, hook: str, entity: str, depth: int) -> int:
    request = {entity: {"message": str(depth)}}
    answer = host.hook(hook, request, timeout_ms=60_000)
    assert answer["code"] == "OK", answer
    return int(answer["response"]["modified_post"].get("hashtags", 0))


def test_functions_nest_deeper_than_the_pool(host: MattermostHost) -> None:
    began = time.monotonic()
    depth = depth_reached(host, "MessageWillBePosted", "post", DEEPER_THAN_THE_POOL)
    assert depth == DEEPER_THAN_THE_POOL
    print(f"hook -> API -> hook, {depth} deep: {time.monotonic() - began:.2f} s")
    # The pool shrinks again, and goes on.
    assert depth_reached(host, "MessageWillBePosted", "post", 3) == 3


def test_coroutines_nest(host: MattermostHost) -> None:
    assert depth_reached(host, "MessageWillBeUpdated", "new_post", 100) == 100


def test_many_nest_at_the_same_time(host: MattermostHost) -> None:
    """Each of sixteen calls needs eleven threads: more than the pool has."""
    request = {"post": {"message": "10"}}
    running = [
        host.submit("call", method="MessageWillBePosted", request=request) for _ in range(16)
    ]
    for future in running:
        assert future.result(30)["response"]["modified_post"]["hashtags"] == "10"


def test_health_does_not_wait_for_handlers(host: MattermostHost) -> None:
    """More handlers than threads wait; health, coroutines and control are as quick as ever."""
    waiting = [
        host.submit("call", method="UserHasLoggedIn", request={}) for _ in range(THREADS + 6)
    ]
    worst = 0.0
    for _ in range(10):
        health = host.request("health")
        assert health["status"] == "SERVING"
        worst = max(worst, health["took_ms"])
    assert depth_reached(host, "MessageWillBeUpdated", "new_post", 0) == 0
    assert not any(future.done() for future in waiting)
    assert host.hook("OnInstall")["code"] == "OK"
    for future in waiting:
        assert future.result(30)["code"] == "OK"
    assert worst < 500
    print(f"health beside {len(waiting)} handlers that wait: at most {worst:.1f} ms")


def test_cancellation_and_deadlines_reach_handlers(host: MattermostHost) -> None:
    hook, request = "UserHasBeenDeactivated", {"user": {"id": "ann"}}
    left = host.submit("call", method=hook, request=request)
    host.request("logs", contains="waiting for ann", level="warn", at_least=1)
    host.abort(left)
    host.request("logs", contains="no longer waiting for ann", at_least=1)
    late = host.hook(hook, {"user": {"id": "bob"}}, timeout_ms=300)
    assert late["code"] == "DEADLINE_EXCEEDED"
    host.request("logs", contains="no longer waiting for bob", at_least=1)


def test_a_blocking_call_in_a_coroutine_is_an_error(host: MattermostHost) -> None:
    answer = host.hook("UserHasBeenCreated", {"user": {"id": "u1"}})
    assert answer["code"] == "INTERNAL"
    assert "would block the event loop" in answer["message"]
    assert "async client" in answer["message"]


def test_the_deadline_reaches_the_api(host: MattermostHost) -> None:
    depth_reached(host, "MessageWillBePosted", "post", 1)
    seen = host.request("api_log", method="GetPost")["requests"][-1]
    assert 50_000 < seen["deadline_ms"] <= 61_000


def test_functions_and_coroutines_call_the_api_side_by_side(
    host: MattermostHost,
) -> None:
    running = {
        entity: host.submit(
            "load",
            method=hook,
            request={entity: {"message": "1"}},
            counter_path=f"{entity}.id",
            expect_path="modified_post.id",
            count=600,
            concurrency=64,
        )
        for hook, entity in (
            ("MessageWillBePosted", "post"),
            ("MessageWillBeUpdated", "new_post"),
        )
    }
    for future in running.values():
        result = future.result(60)
        assert (result["ok"], result["wrong"], result["distinct"]) == (
            600,
            0,
            600,
        ), result


def test_ten_thousand_calls(host: MattermostHost) -> None:
    echo = subprocess.Popen(
        [sys.executable, "-m", "kit.interop.bare_echo"],
        env={**os.environ, "PYTHONPATH": importing(kit=True)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert echo.stdout is not None
        port = int(echo.stdout.readline())
        host.request("dial", name="bare", address=f"127.0.0.1:{port}", connect_ms=5000)
        arguments: dict[str, Any] = {
            "count": 10_000,
            "concurrency": 64,
            "warmup": 300,
            "wait_s": 100,
        }
        floor = host.request(
            "load",
            target="bare",
            method="MessageWillBePosted",
            request={"post": {"message": ""}},
            **arguments,
        )
        report("bare echo", floor)
    finally:
        echo.kill()
        echo.wait()
    for hook, entity in (
        ("MessageWillBePosted", "post"),
        ("MessageWillBeUpdated", "new_post"),
    ):
        paths: dict[str, Any] = {
            "counter_path": f"{entity}.id",
            "expect_path": "modified_post.id",
        }
        request: Any = {entity: {"message": "", "props": {"a": [1, 2]}}}
        result = host.request("load", method=hook, request=request, **paths, **arguments)
        report(f"{hook} ({'function' if entity == 'post' else 'coroutine'})", result)
        assert (result["ok"], result["wrong"], result["distinct"]) == (
            10_000,
            0,
            10_000,
        )


def report(what: str, result: dict[str, Any]) -> None:
    numbers = ", ".join(f"p{p} {result[f'p{p}_ms']:.1f} ms" for p in (50, 99))
    print(f"{what}: {result['per_second']:.0f} calls/s, {numbers}")
