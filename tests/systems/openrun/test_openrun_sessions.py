"""What lives in a request, and how is it released?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from kit.openrun.sessions import Sessions, events, gates, next_items, started
from openrun_plugin import (
    PluginAPIError,
    to_star,
)
from openrun_plugin.extras.testing import AppSession, ProviderHost


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
    monkeypatch.setattr("openrun_plugin.extras.provider.STOP_SECONDS", 0.05)
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
