"""Is a plugin, after some thousand calls of all kinds, what it was before?

Hooks, their calls of the API, failures, HTTP streams, calls that are given up and peers that break
the rules, all at once, in rounds. What a round leaves behind would be there six times in the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit.interop.gohost import Result
from kit.interop.mattermost_host import PLUGINS, MattermostHost
from plugwright_runtime.loops.pool import THREADS

ROUNDS = 6
MORE_MIB = 12.0  # than after the warm-up; a round moves some 5 MiB through the process
SETTLING = 20.0  # seconds for threads to end, and for gRPC to close what peers have left


@dataclass(frozen=True)
class Holdings:
    """What a process has."""

    mib: float
    threads: int
    descriptors: int
    files: int

    @classmethod
    def of(cls, pid: int, folder: Path) -> Holdings:
        """`folder` is the plugin's temporary one, which is empty but for its sockets."""
        status = Path(f"/proc/{pid}/status").read_text()
        values = dict(line.split(":", 1) for line in status.splitlines())
        return cls(
            mib=int(values["VmRSS"].split()[0]) / 1024,
            threads=int(values["Threads"]),
            descriptors=len(os.listdir(f"/proc/{pid}/fd")),
            files=sum(1 for _ in folder.rglob("*")),
        )

    def exceeds(self, before: Holdings) -> bool:
        return (
            self.mib > before.mib + MORE_MIB
            or self.threads > before.threads
            or self.descriptors > before.descriptors
            or self.files > before.files
        )


@pytest.fixture
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        answers = {
            "GetPost": {"copy": {"post.id": "post_id"}},
            "GetUser": {"copy": {"user.id": "user_id"}},
        }
        host.request("api_set", answers=answers)
        yield host


def test_nothing_is_left_behind(host: MattermostHost, tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path)}
    pid = host.activate(PLUGINS / "soaked.py", env=env)["pid"]
    filled = host.request(  # a pool keeps its threads: all of them are there before
        "load", method="UserHasLoggedIn", count=2 * THREADS, concurrency=2 * THREADS
    )
    assert filled["ok"] == 2 * THREADS
    for _ in range(2):
        play(host)
    before = settled(pid, tmp_path, None)
    began = time.monotonic()
    for _ in range(ROUNDS):
        play(host)
    seconds = time.monotonic() - began
    after = settled(pid, tmp_path, before)
    print(f"{ROUNDS} rounds in {seconds:.0f} s: {before} -> {after}")
    assert not after.exceeds(before), f"{before} -> {after}"
    assert host.request("health")["status"] == "SERVING"
    host.stop()
    assert list(tmp_path.iterdir()) == []


def settled(pid: int, folder: Path, wanted: Holdings | None) -> Holdings:
    """What the process has once it has no more than `wanted`, or the same for three seconds."""
    end = time.monotonic() + SETTLING
    found, same_since = Holdings.of(pid, folder), time.monotonic()
    while time.monotonic() < end:
        time.sleep(0.5)
        now = Holdings.of(pid, folder)
        if wanted is not None and not now.exceeds(wanted):
            return now
        if (now.threads, now.descriptors) != (found.threads, found.descriptors):
            same_since = time.monotonic()
        elif wanted is None and time.monotonic() - same_since > 3:
            return now
        found = now
    return found


def play(host: MattermostHost) -> None:
    """One round: everything at once."""
    running: list[Future[Result]] = [
        load(host, "MessageWillBePosted", "post"),
        load(host, "MessageWillBeUpdated", "new_post"),
        load(host, "UserWillLogIn", "user"),
    ]
    running += [stream(host, size) for size in (0, 70_000, 200_000) * 5]
    left = [stream(host, 500_000, cancel_after_ms=5 * i) for i in range(15)]
    noise = {"random": 3000, "seed": 7, "read_ms": 50}
    cut = {"method": "/mattermost.pluginapi.v1.PluginHooks/ServeHTTP", "count": 40}
    cut |= {"declared": 1000, "data": 100}
    hostile: list[list[dict[str, Any]]] = [
        [noise],
        [{"h2_start": {}}, {"h2_streams": cut}],
    ]
    for steps in hostile:
        running.append(host.submit("raw", plugin="plugin", connections=5, steps=steps))
    for future in running:
        result = future.result(90)
        assert result.get("ok", 400) == 400, result
        assert result.get("code", "OK") == "OK", result
    for future in left:
        assert future.result(90)["code"] in ("OK", "CANCELLED")


def load(host: MattermostHost, hook: str, entity: str) -> Future[Result]:
    """400 calls, 16 at a time. Those of the hook that fails get the status of a failure."""
    path = {"post": "modified_post.message", "new_post": "modified_post.message"}
    counted: dict[str, Any] = {}
    if entity in path:
        counted = {"counter_path": f"{entity}.id", "expect_path": path[entity]}
    request = {entity: {"id": "1"}}
    loading = host.submit(
        "load", method=hook, request=request, count=400, concurrency=16, **counted
    )
    if counted:
        return loading
    failed: Future[Result] = Future()
    loading.add_done_callback(lambda f: failed.set_result({"ok": f.result()["codes"]["INTERNAL"]}))
    return failed


def stream(host: MattermostHost, size: int, **fields: Any) -> Future[Result]:
    init = {"method": "POST", "url": "/", "request_uri": "/", "content_length": size}
    body = {
        "path": "body_chunk",
        "total": size,
        "first": {"init": init},
        "last": {"body_complete": True},
    }
    return host.submit(
        "stream",
        method="ServeHTTP",
        sends=[{"body": body}],
        read={"keep": "none"},
        **fields,
    )
