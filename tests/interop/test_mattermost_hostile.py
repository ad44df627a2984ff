"""Does a peer that breaks the rules matter to anybody else? Memory is bounded, others are served.

Each attack goes on, or has just ended, while a real host calls hooks on a connection of its own.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.interop.mattermost_host import PLUGINS, MattermostHost
from mattermost_plugin.models import HTTPHeader, ServeHTTPRequest, ServeHTTPRequestInit
from plugwright_runtime.codec import encode

MIB = 2**20
WIDE = {"window": 2**31 - 1}  # a peer that would take any amount
HOOKS = "/mattermost.pluginapi.v1.PluginHooks"
FILE, HTTP = f"{HOOKS}/FileWillBeUploaded", f"{HOOKS}/ServeHTTP"


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


@pytest.fixture(scope="module")
def pid(host: MattermostHost) -> int:
    number: int = host.activate(PLUGINS / "web.py")["pid"]
    check_others_are_served(host)
    return number


def check_others_are_served(host: MattermostHost) -> None:
    answer = host.hook("FileWillBeUploaded", {"file_content": b"YWI="})
    assert answer["code"] == "OK", answer
    message = {"init": {"method": "GET", "url": "/echo?n=1"}, "body_complete": True}
    answer = host.request("stream", method="ServeHTTP", sends=[{"message": message}])
    assert answer["received"][0]["response"]["init"]["status_code"] == 200, answer
    assert host.request("health")["status"] == "SERVING"


def resident(pid: int) -> float:
    """MiB of memory in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def attack(
    host: MattermostHost, pid: int, name: str, *steps: dict[str, Any], limit: float
) -> dict[str, Any]:
    """Run `steps` as a peer that keeps its connection open, and reads in the end; others are served
    meanwhile and afterwards, and the process grows by less than `limit` MiB.
    """
    before = resident(pid)
    steps = (*steps, {"gate": name}, {"read_ms": 200})
    running = host.submit("raw", plugin="plugin", steps=steps)
    host.request("gate", name=name, await_waiting=1, timeout_ms=30_000)
    check_others_are_served(host)
    grown = resident(pid) - before
    print(f"{name}: +{grown:.0f} MiB")
    assert grown < limit
    host.request("gate", name=name, open=True)
    result = running.result(20)
    assert result["errors"] == {}
    check_others_are_served(host)
    return result


@pytest.mark.parametrize("start", [{}, {"h2_start": {}}], ids=["at once", "in HTTP/2"])
def test_random_bytes(host: MattermostHost, pid: int, start: dict[str, Any]) -> None:
    before = resident(pid)
    for seed, size in enumerate((1, 100, 5000, 200_000)):
        noise = {**start, "random": size, "seed": seed, "read_ms": 100}
        host.request("raw", plugin="plugin", connections=30, steps=[noise])
        check_others_are_served(host)
    assert resident(pid) - before < 50


def head(url: str, length: int) -> bytes:
    headers = [HTTPHeader(key="Content-Type", values=["application/octet-stream"])]
    init = ServeHTTPRequestInit(
        method="POST", url=url, request_uri=url, headers=headers, content_length=length
    )
    return encode(ServeHTTPRequest(init=init))


@pytest.mark.parametrize("method", [FILE, HTTP], ids=["unary", "stream"])
def test_a_message_that_is_cut_short(host: MattermostHost, pid: int, method: str) -> None:
    """The peer half closes in the middle, resets the call, or says nothing more."""
    cut = {"method": method, "count": 50, "declared": 1000, "data": 100}
    streams = [cut, {**cut, "end": True}, {**cut, "reset": True}]
    streams.append({"method": method, "count": 50, "data": 3, "end": True})
    steps = [{"h2_streams": each} for each in streams]
    attack(host, pid, f"cut {method}", {"h2_start": {}}, *steps, limit=30)


@pytest.mark.parametrize("page", ["/sum", "/fast/sum", "/flask/sum"])
def test_a_request_body_that_never_ends(host: MattermostHost, pid: int, page: str) -> None:
    """The handler waits for the rest until the peer is gone, and is not left behind."""
    request = head(page, 1000)
    streams = {
        "method": HTTP,
        "count": 40,
        "declared": len(request),
        "data_b64": request,
    }
    steps: list[dict[str, Any]] = [{"h2_start": {}}, {"h2_streams": streams}]
    attack(host, pid, f"endless {page}", *steps, limit=60)


def test_thousands_of_calls_that_declare_a_gigabyte(host: MattermostHost, pid: int) -> None:
    streams = {"method": FILE, "count": 2000, "declared": 2**30, "data": 100}
    steps: list[dict[str, Any]] = [{"h2_start": WIDE}, {"h2_streams": streams}]
    attack(host, pid, "2000 calls of 1 GiB", *steps, limit=150)


def test_thousands_of_open_streams(host: MattermostHost, pid: int) -> None:
    streams = {"method": HTTP, "count": 2000}
    steps: list[dict[str, Any]] = [{"h2_start": WIDE}, {"h2_streams": streams}]
    attack(host, pid, "2000 open streams", *steps, limit=150)


@pytest.mark.parametrize("window", [0, 2**31 - 1], ids=["small window", "any window"])
def test_a_client_that_never_reads(host: MattermostHost, pid: int, window: int) -> None:
    """20 downloads of 100 MiB, of which the peer takes nothing."""
    request = head(f"/download?size={100 * MIB}", 0)
    streams = {
        "method": HTTP,
        "count": 20,
        "declared": len(request),
        "data_b64": request,
    }
    steps: list[dict[str, Any]] = [
        {"h2_start": {"window": window}},
        {"h2_streams": streams},
    ]
    result = attack(host, pid, f"never reads, window {window}", *steps, limit=60)
    assert result["read"] > 60_000, "there was something to read"


def test_no_call_is_left_behind(host: MattermostHost, pid: int) -> None:
    """Every peer has gone, and so have the tasks of their calls."""
    assert pid
    deadline = time.monotonic() + 20
    while (left := tasks(host)) > 20:
        assert time.monotonic() < deadline, f"{left} tasks are left"
    host.stop()


def tasks(host: MattermostHost) -> int:
    message = {"init": {"method": "GET", "url": "/tasks"}, "body_complete": True}
    fields: dict[str, Any] = {"sends": [{"message": message}], "read": {"keep": "json"}}
    answer = host.request("stream", method="ServeHTTP", **fields)
    return int(base64.b64decode(answer["received"][0]["response"]["body_chunk"]))
