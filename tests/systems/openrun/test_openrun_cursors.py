"""How are long results read, a batch at a time, and who ends them?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from kit.openrun.sessions import events, gates, next_items
from openrun_plugin import (
    PluginAPIError,
    to_star,
)
from openrun_plugin.extras.testing import AppSession


@pytest.mark.parametrize("name", ["count", "count_async"])
def test_a_generator_is_read_in_batches(app: AppSession, name: str) -> None:
    cursor = app.call("work", name, 250)
    assert events == []
    assert list(cursor) == list(range(250))
    assert events == ["open", "closed"]
    assert app.end() == ""


@pytest.mark.parametrize("name", ["count", "count_async"])
def test_no_more_items_than_asked_for(app: AppSession, name: str) -> None:
    cursor = app.call("work", name, 7)
    answers = [next_items(app, cursor, 3) for _ in range(3)]
    assert [len(a.items) for a in answers] == [3, 3, 1]
    assert [a.done for a in answers] == [False, False, True]
    with pytest.raises(PluginAPIError, match="unknown cursor, or it is closed"):
        next_items(app, cursor, 3)


@pytest.mark.parametrize("most", [0, -1])
def test_a_batch_without_a_limit_has_one(app: AppSession, most: int) -> None:
    answer = next_items(app, app.call("work", "count", 250), most)
    assert (len(answer.items), answer.done) == (100, False)
    app.end()


def test_the_handle_of_a_cursor(app: AppSession) -> None:
    first, second = app.call("work", "count", 1), app.call("work", "rows", 1, 1)
    assert first.handle.type_name == "work.count"
    assert second.handle.type_name == "blob"
    assert first.handle.leak_key.startswith("work.count cursor ")
    assert first.handle.leak_key != second.handle.leak_key
    assert not first.handle.stream
    assert app.strict_keys == []  # the server watches cursors by itself
    assert app.leaks() == [first.handle.leak_key, second.handle.leak_key]
    app.end()


@pytest.mark.parametrize("name", ["count", "count_async"])
def test_closing_a_cursor_closes_its_generator(app: AppSession, name: str) -> None:
    cursor = app.call("work", name, 1000)
    next_items(app, cursor, 1)
    assert events == ["open"]
    cursor.close()
    assert events == ["open", "closed"]
    cursor.closed = False
    cursor.close()  # is no error
    app.end()
    assert events == ["open", "closed"]


@pytest.mark.parametrize("name", ["count", "count_async"])
def test_the_end_of_a_session_closes_its_cursors_in_reverse(app: AppSession, name: str) -> None:
    app.call("work", "defer", "a")
    cursor = app.call("work", name, 1000)
    app.call("work", "defer", "b")
    next_items(app, cursor, 1)
    app.end()
    assert events == ["open", "b", "closed", "a"]
    with pytest.raises(PluginAPIError, match="unknown session"):
        next_items(app, cursor, 1)
    cursor.close()  # is no error


def test_a_failure_comes_after_the_items_before_it(app: AppSession) -> None:
    cursor = app.call("work", "count", 10, fail_at=3)
    answer = next_items(app, cursor, 100)
    assert [len(answer.items), answer.done] == [3, False]
    with pytest.raises(PluginAPIError, match="no 3"):
        next_items(app, cursor, 100)
    with pytest.raises(PluginAPIError, match="unknown cursor"):
        next_items(app, cursor, 100)
    assert app.end() == ""


def test_failures_of_closing(app: AppSession) -> None:
    cursor = app.call("work", "count", 10, close_fails=True)
    next_items(app, cursor, 1)
    with pytest.raises(PluginAPIError, match="ValueError: cannot close"):
        cursor.close()
    left = app.call("work", "count", 10, close_fails=True)
    next_items(app, left, 1)
    assert app.end() == f"{left.handle.cursor_id}: ValueError: cannot close"


def test_a_generator_that_leaves_the_process(app: AppSession) -> None:
    cursor = app.call("work", "exits")
    assert next_items(app, cursor, 5).items == [to_star(1)]
    with pytest.raises(PluginAPIError, match="SystemExit: from a generator"):
        next_items(app, cursor, 5)


def test_an_item_that_cannot_be_sent_names_its_place(app: AppSession) -> None:
    cursor = app.call("work", "odd")
    assert next_items(app, cursor, 5).items == [to_star(1)]
    with pytest.raises(PluginAPIError, match=r'work\.odd\(\)\[1\]\["x"\]: an object cannot'):
        next_items(app, cursor, 5)
    with pytest.raises(PluginAPIError, match=r"work\.odd_cursor\(\)\[0\]: a function cannot"):
        list(app.call("work", "odd_cursor"))


def test_a_batch_is_no_longer_than_a_message_can_be(app: AppSession) -> None:
    sizes = []
    cursor = app.call("work", "rows", 700_000, 5)
    while not (answer := next_items(app, cursor, 100)).done:
        sizes.append(len(answer.items))
    assert sizes == [2, 2, 1] or sizes == [2, 2]
    app.end()


def test_items_that_come_slowly_are_sent_as_they_come(app: AppSession) -> None:
    gates["trickle"] = threading.Event()
    cursor = app.call("work", "trickle")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next_items, app, cursor, 100)
        threading.Event().wait(0.15)  # as long as a batch collects
        gates["trickle"].set()
        assert waiting.result(5).items == [to_star(0)]
    app.end()


def test_cursors_inside_a_result(app: AppSession) -> None:
    result = app.call("work", "nested")
    assert list(result["small"]) == [0, 1, 2]
    assert list(result["also"]) == ["a", "b"]
    assert app.leaks() == []
