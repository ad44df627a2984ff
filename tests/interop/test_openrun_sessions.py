"""Are sessions of an OpenRun provider released under a real go-plugin host, whoever ends them?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit.interop.openrun_host import OpenRunHost
from kit.interop.star_values import number, text


@pytest.fixture(scope="module")
def host() -> Iterator[OpenRunHost]:
    """With a provider that is initialised."""
    with OpenRunHost() as host:
        host.serve()
        yield host


def test_strict_keys_come_with_every_answer(host: OpenRunHost) -> None:
    assert host.call("begin", session="t") == {
        "value": {"none": True},
        "strict_keys": ["probe:transaction"],
    }
    assert host.call("fail", text("x"), session="t") == {
        "error": "x",
        "error_code": "1",
        "strict_keys": ["probe:transaction"],
    }
    assert host.call("echo", number(1), session="other") == {"value": number(1)}
    assert host.call("commit", session="t") == {"value": {"list": {"values": [text("begun")]}}}
    assert host.answer("EndSession", {"session_id": "t"}) == {}
    assert not host.request("logs", name="plugin", contains="rolled back")["records"]


def test_the_end_of_a_session_releases_everything_in_reverse(host: OpenRunHost) -> None:
    host.call("begin", session="e")
    host.call("defer", text("one"), session="e")
    cursor = host.call("count", number(10), session="e")["value"]["cursor"]["cursor_id"]
    host.answer("CursorNext", {"session_id": "e", "cursor_id": cursor, "max_items": 1})
    host.call("defer", text("two"), {"bool": True}, session="e")
    answer = host.answer("EndSession", {"session_id": "e", "failed": True})
    assert answer == {"error": "probe:two: ValueError: two fails"}
    host.request("logs", name="plugin", contains="rolled back", at_least=1)
    wanted = ("cleanup two", "generator closed", "cleanup one", "rolled back")
    messages = [r["message"] for r in host.request("logs", name="plugin")["records"]]
    assert [m for m in messages if m in wanted][-4:] == list(wanted)
    assert host.answer("EndSession", {"session_id": "e"}) == {}
    assert host.answer("CursorNext", {"session_id": "e", "cursor_id": cursor})["error"]
    assert host.answer("CursorClose", {"session_id": "e", "cursor_id": cursor}) == {}


def test_a_cursor_to_its_end(host: OpenRunHost) -> None:
    cursor = host.call("count", number(250), session="c")["value"]["cursor"]["cursor_id"]
    sizes, done = [], False
    while not done:
        request = {"session_id": "c", "cursor_id": cursor, "max_items": 100}
        answer = host.answer("CursorNext", request)
        sizes.append(len(answer.get("items", [])))
        done = answer.get("done", False)
    assert sizes == [100, 100, 50]
    assert "error" in host.answer("CursorNext", request)
    assert host.answer("EndSession", {"session_id": "c"}) == {}


def test_a_cursor_that_fails(host: OpenRunHost) -> None:
    cursor = host.call("broken_rows", session="b")["value"]["cursor"]["cursor_id"]
    request = {"session_id": "b", "cursor_id": cursor, "max_items": 100}
    assert host.answer("CursorNext", request) == {"items": [number(1)]}
    assert host.answer("CursorNext", request) == {"error": "lost the connection"}
    assert host.answer("EndSession", {"session_id": "b"}) == {}


def test_old_sessions_drain_while_a_new_process_serves(host: OpenRunHost) -> None:
    """As on a reload: the old process ends its requests, then it is stopped."""
    host.serve("old")
    host.call("begin", session="1", name="old")
    cursor = host.call("count", number(3), session="1", name="old")["value"]["cursor"]
    host.serve("new process")
    assert host.call("echo", number(1), session="2", name="new process")["value"] == number(1)
    place = {"session_id": "1", "cursor_id": cursor["cursor_id"], "max_items": 9}
    assert len(host.answer("CursorNext", place, "old")["items"]) == 3
    assert host.call("commit", session="1", name="old")["value"]
    assert host.answer("EndSession", {"session_id": "1"}, "old") == {}
    host.stop("old")
    host.request("logs", name="old", contains="stopped ''", at_least=1)
    assert host.call("echo", number(2), session="2", name="new process")["value"] == number(2)
    host.stop("new process")


def test_a_stop_ends_what_is_open(host: OpenRunHost) -> None:
    host.serve("stopped")
    host.call("begin", session="1", name="stopped")
    host.stop("stopped")
    messages = [r["message"] for r in host.request("logs", name="stopped")["records"]]
    ends = [m for m in messages if m in ("rolled back", "stopped ''")]
    assert ends == ["rolled back", "stopped ''"]
