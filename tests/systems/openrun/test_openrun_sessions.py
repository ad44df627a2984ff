"""What lives in a request, how is it released, and how are long results read?"""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openrun_plugin import (
    Call,
    Cursor,
    FuncRef,
    Module,
    PluginAPIError,
    Provider,
    Struct,
    Thunk,
    function,
    models,
    to_star,
)
from openrun_plugin.testing import AppCursor, AppSession, ProviderHost

events: list[str] = []  # what has happened, in order
gates: dict[str, threading.Event] = {}


class Broken(BaseException):
    pass


class Kept:
    """Something whose end can be observed."""


class Work(Module):
    @function
    def remember(self, call: Call, key: str, value: Any) -> None:
        call.session.state[key] = value

    @function
    async def recall(self, call: Call, key: str) -> Any:
        return call.session.state.get(key)

    @function
    def defer(self, call: Call, key: str, how: str = "", strict: bool = False) -> None:
        def plain() -> None:
            events.append(key)
            if how == "raise":
                raise ValueError(key)
            if how == "exit":
                raise Broken(key)

        async def coroutine() -> None:
            await asyncio.sleep(0)
            plain()

        call.session.defer(key, coroutine if how == "async" else plain, strict=strict)

    @function
    def forget(self, call: Call, key: str) -> bool:
        return call.session.forget(key)

    @function
    def slow(self, name: str) -> None:
        events.append(f"{name} begins")
        gates[name].wait(10)
        events.append(f"{name} ends")

    @function
    async def wait(self) -> None:
        events.append("wait begins")
        try:
            await asyncio.sleep(30)
        finally:
            events.append("wait ends")

    @function
    def count(self, until: int, fail_at: int = -1, close_fails: bool = False) -> Iterator[int]:
        try:
            events.append("open")
            for number in range(until):
                if number == fail_at:
                    raise PluginAPIError(f"no {number}")
                yield number
        finally:
            events.append("closed")
            if close_fails:
                raise ValueError("cannot close")

    @function
    async def count_async(self, until: int) -> AsyncIterator[int]:
        try:
            events.append("open")
            for number in range(until):
                await asyncio.sleep(0)
                yield number
        finally:
            events.append("closed")

    @function
    def exits(self) -> Iterator[int]:
        yield 1
        raise SystemExit("from a generator")

    @function
    def rows(self, size: int, count: int) -> Cursor:
        return Cursor([bytes(size)] * count, type_name="blob")

    @function
    def odd(self) -> Iterator[Any]:
        yield 1
        yield {"x": object()}

    @function
    def odd_cursor(self) -> Any:
        return Cursor([len])

    @function
    def trickle(self) -> Iterator[int]:
        for number in range(3):
            gates["trickle"].wait(10)
            gates["trickle"].clear()
            yield number

    @function
    def nested(self) -> dict[str, Any]:
        return {"small": Cursor(range(3)), "also": (x for x in "ab")}

    @function
    def response(self, call: Call) -> Struct:
        kept = Kept()
        weakref.finalize(kept, events.append, "collected")
        count = iter(range(100))
        return Struct(
            "response",
            json=Thunk("json", {"a": 1}),
            broken=Thunk("broken", error="no JSON"),
            body=functools.partial(self.body, 3),
            text=self.text,
            internal=FuncRef("_internal", (1,)),
            next=lambda: (kept, next(count))[1],
            later=functools.partial(self.later, call),
        )

    @function
    def body(self, size: int) -> bytes:
        return bytes(size)

    @function
    def text(self) -> str:
        return "text"

    @function
    def _internal(self, number: int) -> int:
        return number + 1

    async def later(self, call: Call) -> str:
        return f"later in {call.session.id}"

    @function
    def unknown_reference(self) -> FuncRef:
        return FuncRef("nowhere")

    @function
    def stream(self) -> Any:
        return lambda: (x for x in "abc")

    def on_stop(self) -> None:
        events.append(f"stop {self.account}")


class Other(Module):
    @function
    def recall(self, call: Call, key: str) -> Any:
        return call.session.state.get(key)

    @function
    def defer(self, call: Call, key: str) -> None:
        call.session.defer(key, lambda: events.append(f"other {key}"), strict=True)

    @function
    def callback(self) -> Any:
        return lambda: "other"


class Sessions(Provider):
    modules = (Work, Other)


@pytest.fixture(scope="module")
def running() -> Iterator[ProviderHost]:
    with ProviderHost(Sessions) as host:
        yield host


@pytest.fixture
def host(running: ProviderHost) -> ProviderHost:
    events.clear()
    gates.clear()
    return running


@pytest.fixture
def app(host: ProviderHost) -> AppSession:
    return host.session()


def test_state_belongs_to_request_module_and_account(host: ProviderHost, app: AppSession) -> None:
    app.call("work", "remember", "k", 1)
    assert app.call("work", "recall", "k") == 1
    assert app.call("work#b", "recall", "k") is None
    assert app.call("other", "recall", "k") is None
    assert host.session().call("work", "recall", "k") is None
    app.end()
    assert app.call("work", "recall", "k") is None  # the same id begins a new session


def test_cleanups_run_in_reverse_and_each_one(app: AppSession) -> None:
    for key, how in (
        ("a", ""),
        ("b", "raise"),
        ("c", "exit"),
        ("d", "async"),
        ("e", ""),
    ):
        app.call("work", "defer", key, how)
    assert app.end() == "work:c: Broken: c; work:b: ValueError: b"
    assert events == ["e", "d", "c", "b", "a"]
    assert app.end() == ""
    assert len(events) == 5


def test_cleanups_run_whether_the_request_failed_or_not(app: AppSession) -> None:
    app.call("work", "defer", "a")
    assert app.end(failed=True) == ""
    assert events == ["a"]


def test_what_is_forgotten_does_not_run(app: AppSession) -> None:
    app.call("work", "defer", "a", strict=True)
    assert app.strict_keys == ["work:a"]
    assert app.call("work", "forget", "a") is True
    assert app.strict_keys == []
    assert app.call("work", "forget", "a") is False
    app.end()
    assert events == []


def test_strict_keys_of_all_modules_in_order(host: ProviderHost, app: AppSession) -> None:
    app.call("work", "defer", "x", strict=True)
    app.call("other", "defer", "x")
    app.call("work#b", "defer", "x", strict=True)
    app.call("work", "defer", "loose")
    assert app.strict_keys == ["work:x", "other:x", "work#b:x"]
    with (
        pytest.raises(AssertionError, match="the app has not closed work:x, other:x"),
        app,
    ):
        pass
    assert events == ["loose", "x", "other x", "x"]


def test_a_key_is_deferred_once(app: AppSession) -> None:
    app.call("work", "defer", "a")
    with pytest.raises(PluginAPIError, match="work:a is deferred already; forget it first"):
        app.call("work", "defer", "a")
    app.end()
    assert events == ["a"]


# --- cursors ----------------------------------------------------------------------------------


def next_items(app: AppSession, cursor: AppCursor, most: int) -> models.CursorNextResponse:
    return app._host.client.cursor_next(  # pyright: ignore[reportPrivateUsage]
        session_id=app.id, cursor_id=cursor.handle.cursor_id, max_items=most
    )


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


# --- functions in results ---------------------------------------------------------------------


def test_functions_in_a_result(app: AppSession) -> None:
    response = app.call("work", "response")
    assert response["json"]() == {"a": 1}
    with pytest.raises(PluginAPIError, match="no JSON"):
        response["broken"]()
    assert response["body"]() == bytes(3)
    assert response["text"]() == "text"
    assert response["internal"]() == 2
    assert [response["next"]() for _ in range(3)] == [0, 1, 2]
    assert response["later"]() == f"later in {app.id}"
    with pytest.raises(PluginAPIError, match="a generator or cursor cannot be sent"):
        app.call("work", "stream")()
    app.end()


def test_exported_functions_go_by_name() -> None:
    """Then nothing has to be kept in the session."""
    with ProviderHost(Sessions) as host:
        host.initialise("work")
        client = host.client
        response = client.call(module="work", function="response", session_id="s")
        assert response.value is not None
        match response.value.kind:
            case models.StarValue.Kind.Struct(record):
                assert record.fields is not None
                found = [e.value for e in record.fields.entries if e.value is not None]
    kinds = [v.kind for v in found]
    names = [
        (k.value.function, k.value.args)
        for k in kinds
        if isinstance(k, models.StarValue.Kind.Funcref)
    ]
    assert names == [
        ("body", [to_star(3)]),
        ("text", []),
        ("_internal", [to_star(1)]),
        ("_callback", [to_star(0)]),
        ("_callback", [to_star(1)]),
    ]


def test_a_function_lives_as_long_as_its_request(app: AppSession) -> None:
    gc.collect()
    events.clear()
    response = app.call("work", "response")
    app.end()
    gc.collect()
    assert events == ["collected"]
    with pytest.raises(PluginAPIError, match="the function is gone with its request"):
        response["next"]()


def test_a_function_belongs_to_its_module(app: AppSession) -> None:
    mine = app.call("other", "callback")
    assert mine() == "other"
    for args in ((0,), (), ("x",), (-1,), ([],)):
        with pytest.raises(PluginAPIError, match="the function is gone with its request"):
            app._followed("work", FuncRef("_callback", args))
    app.end()


def test_a_reference_to_nothing_is_refused(app: AppSession) -> None:
    with pytest.raises(PluginAPIError, match="result: the module has no function 'nowhere'"):
        app.call("work", "unknown_reference")


# --- calls at the same time -------------------------------------------------------------------


def started(name: str) -> None:
    """Wait until an event has happened."""
    for _ in range(1000):
        if name in events:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{name} has not happened: {events}")


def test_calls_of_one_request_do_not_overlap_and_others_go_on(
    host: ProviderHost, app: AppSession
) -> None:
    gates.update(a=threading.Event(), b=threading.Event())
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(app.call, "work", "slow", "a")
        started("a begins")
        second = pool.submit(app.call, "work", "slow", "b")
        assert host.session().call("work", "recall", "x") is None
        host.client.check_health(timeout=2)
        assert "b begins" not in events
        gates["b"].set()
        gates["a"].set()
        first.result(5)
        second.result(5)
    assert events == ["a begins", "a ends", "b begins", "b ends"]
    app.end()


def test_the_end_waits_for_a_call_that_nobody_waits_for(
    host: ProviderHost, app: AppSession
) -> None:
    gates["a"] = threading.Event()
    app.call("work", "defer", "cleanup")
    with pytest.raises(PluginAPIError):
        host.client.call(
            module="work",
            function="slow",
            args=[to_star("a")],
            session_id=app.id,
            timeout=0.2,
        )
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(app.end)
        host.client.check_health()
        assert "cleanup" not in events
        gates["a"].set()
        assert ending.result(5) == ""
    assert events == ["a begins", "a ends", "cleanup"]


def test_a_coroutine_that_nobody_waits_for_is_cancelled(host: ProviderHost) -> None:
    host.initialise("work")
    with pytest.raises(PluginAPIError):
        host.client.call(module="work", function="wait", session_id="w", timeout=0.2)
    started("wait ends")
    host.client.end_session(session_id="w")


def test_the_end_of_the_process_ends_sessions_then_modules() -> None:
    events.clear()
    with ProviderHost(Sessions) as host:
        app = host.session()
        app.call("work", "defer", "a")
        next_items(app, app.call("work#b", "count", 10), 1)
    assert events == ["open", "closed", "a", "stop ", "stop b"]


def test_nothing_is_kept_of_sessions_that_have_ended(host: ProviderHost) -> None:
    for _ in range(50):
        with host.session() as app:
            app.call("work", "remember", "k", "v")
    kept: Callable[[], int] = lambda: len(host.provider._held.requests)  # type: ignore[attr-defined]  # noqa: E731
    before = kept()
    with host.session() as app:
        app.call("work", "recall", "k")
        assert kept() == before + 1
    assert kept() == before


def test_a_call_that_does_not_end_holds_up_nothing_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openrun_plugin.provider.STOP_SECONDS", 0.05)
    events.clear()
    gates["a"] = threading.Event()
    with ThreadPoolExecutor(1) as pool, ProviderHost(Sessions) as host:
        app = host.session()
        app.call("work", "defer", "cleanup")
        stuck = pool.submit(app.call, "work", "slow", "a")
        started("a begins")
        host._server.run(host.provider.on_stop())  # pyright: ignore
        assert events == ["a begins", "cleanup", "stop "]
        gates["a"].set()
        assert stuck.exception(5) is None
