"""Does the test kit treat an app's failures as the server does?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kit.openrun.app import Demo, made
from openrun_plugin import FuncRef, PluginAPIError, models, to_star
from openrun_plugin.extras.testing import (
    AppCursor,
    AppSession,
    Outcome,
    Permission,
    Permissions,
    PreviousCallFailed,
    ProviderHost,
    Refused,
    RequestFailed,
)


@pytest.fixture(scope="module")
def running() -> Iterator[ProviderHost]:
    with ProviderHost(Demo) as host:
        yield host


@pytest.fixture
def host(running: ProviderHost) -> ProviderHost:
    made.clear()
    return running


@pytest.fixture
def app(host: ProviderHost) -> Iterator[AppSession]:
    with host.session() as app:
        yield app


# ------------------------------------------------------------------ the response


def test_a_call_that_succeeds(app: AppSession) -> None:
    ret = app.ask("store", "get", 1, "a")
    assert ret
    assert (ret.error, ret.error_code, ret.value) == (None, 0, [1, "a"])


@pytest.mark.parametrize(("code", "told"), [(1, 1), (0, 1), (-3, 1), (2, 2), (404, 404)])
def test_a_call_that_fails(app: AppSession, code: int, told: int) -> None:
    ret = app.ask("store", "fail", "gone", code)
    assert not ret
    assert (ret.error, ret.error_code) == ("gone", told)


@pytest.mark.parametrize("look", [bool, lambda ret: ret.error], ids=["truth", "error"])
def test_a_failure_that_was_looked_at_is_over(app: AppSession, look: Callable[[Any], Any]) -> None:
    look(app.ask("store", "fail", "gone"))
    assert app.ask("other", "ping").value == "pong"


def test_reading_the_code_is_no_look(host: ProviderHost) -> None:
    app = host.session()
    assert app.ask("store", "fail", "gone", 7).error_code == 7
    with pytest.raises(PreviousCallFailed):
        app.ask("other", "ping")
    app.end()


def test_the_value_of_a_failure_raises_it(host: ProviderHost) -> None:
    app = host.session()
    ret = app.ask("store", "fail", "gone", 404)
    for _ in range(2):
        with pytest.raises(PluginAPIError, match=r"^gone$") as caught:
            _ = ret.value
        assert caught.value.error_code == 404
    with pytest.raises(PreviousCallFailed):
        app.ask("other", "ping")
    app.end()


@pytest.mark.parametrize("how", ["ask", "call"])
def test_the_next_call_of_any_module_is_not_made(host: ProviderHost, how: str) -> None:
    app = host.session()
    app.ask("store", "fail", "gone")
    made.clear()
    for module, function in (("other", "ping"), ("store", "get")):
        with pytest.raises(PreviousCallFailed) as caught:
            getattr(app, how)(module, function)
        assert caught.value.message == "previous plugin call failed: gone"
    assert made == []
    app.end()


def test_to_look_at_an_old_failure_again_hides_a_newer_one(app: AppSession) -> None:
    old = app.ask("store", "fail", "old")
    assert not old
    app.ask("store", "fail", "newer")
    assert old.error == "old"
    assert app.ask("other", "ping").value == "pong"


def test_a_call_that_raises_at_once_leaves_nothing(app: AppSession) -> None:
    with pytest.raises(PluginAPIError, match="gone"):
        app.call("store", "fail", "gone")
    assert app.call("other", "ping") == "pong"


def test_a_session_whose_failure_nobody_looked_at(host: ProviderHost) -> None:
    with (
        pytest.raises(AssertionError, match="has not looked at: gone"),
        host.session() as app,
    ):
        app.ask("store", "fail", "gone")


# ------------------------------------------------------------------ the request


def told(app: AppSession, error: dict[str, str]) -> Any:
    return ["handled", error]


def test_what_the_handler_returns(host: ProviderHost) -> None:
    outcome = host.request(lambda app: app.ask("store", "get", 1).value, told)
    assert outcome == Outcome(200, [1])


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (lambda app: app.ask("store", "fail", "gone").value, "gone"),
        (lambda app: app.ask("store", "fail", "gone"), "gone"),  # at its return
        (
            lambda app: [app.ask("store", "fail", "gone"), app.ask("other", "ping")],
            "previous plugin call failed: gone",
        ),
        (
            lambda app: app.call("store", "nothing"),
            "store.ex has no function 'nothing'",
        ),
    ],
    ids=["value", "return", "next call", "refusal"],
)
def test_what_is_raised_goes_to_the_error_handler(
    host: ProviderHost, handler: Callable[[AppSession], Any], text: str
) -> None:
    assert host.request(handler, told) == Outcome(200, ["handled", {"error": text}])
    assert host.request(handler) == Outcome(500, text)


def test_the_failure_is_still_there_in_the_error_handler(host: ProviderHost) -> None:
    def error_handler(app: AppSession, error: dict[str, str]) -> Any:
        return app.ask("other", "ping").value

    outcome = host.request(lambda app: app.ask("store", "fail", "gone"), error_handler)
    assert outcome == Outcome(500, "previous plugin call failed: gone")


def test_the_errors_of_cursors_go_to_nobody(host: ProviderHost) -> None:
    outcome = host.request(lambda app: list(app.ask("store", "rows", True).value), told)
    assert outcome == Outcome(500, "no third row")


def test_what_was_not_closed_fails_the_request(host: ProviderHost) -> None:
    outcome = host.request(lambda app: app.ask("store", "lock").value, told)
    assert outcome.status == 500
    assert "store:lock" in outcome.body
    outcome = host.request(lambda app: bool(app.ask("store", "rows")), told)
    assert outcome.status == 500
    assert "store.rows cursor" in outcome.body


def test_other_errors_of_the_handler_are_those_of_the_test(host: ProviderHost) -> None:
    with pytest.raises(ZeroDivisionError):
        host.request(lambda app: 1 / 0, told)
    with pytest.raises(AssertionError, match="cleanups failed: store:x"):
        host.request(lambda app: app.call("store", "bad_cleanup"))


# ------------------------------------------------------------------ cursors and functions


@pytest.mark.parametrize("name", ["functions", "callables"])
def test_an_item_of_a_cursor_holds_no_function(app: AppSession, name: str) -> None:
    with pytest.raises(RequestFailed, match="a function cannot be sent from here"):
        list(app.call("store", name))


def test_nor_does_one_of_another_provider() -> None:
    """Whose SDK lets it."""
    item = to_star(FuncRef("_hidden"))
    client: Any = SimpleNamespace(
        cursor_next=lambda **_: models.CursorNextResponse(items=[item], done=True),
        cursor_close=lambda **_: None,
    )
    cursor = AppCursor(client, "s", models.Cursor(cursor_id="c"))
    with pytest.raises(RequestFailed, match="func ref values are not valid here"):
        list(cursor)


def test_a_function_that_was_a_value_returns_no_cursor(host: ProviderHost) -> None:
    app = host.session()
    with pytest.raises(PluginAPIError, match="a generator or cursor cannot be sent"):
        app.call("store", "hidden_rows")()
    with pytest.raises(RequestFailed, match="cursor values are not valid here"):
        app.call("store", "rows_later")()
    assert app.call("store", "hidden")() == 1
    app.end()


def test_a_cursor_is_read_once(app: AppSession) -> None:
    cursor = app.call("store", "rows")
    assert list(cursor) == [1, 2]
    with pytest.raises(RequestFailed, match=r"^unknown cursor, or it is closed$"):
        list(cursor)


def test_a_cursor_of_an_account_counts_as_left_open(host: ProviderHost) -> None:
    """The server's fault: it asks for it under a name that it never had."""
    outcome = host.request(lambda app: list(app.call("store#alt", "rows")))
    assert outcome.status == 500
    assert "store#alt.rows cursor" in outcome.body


def test_a_hidden_function_is_not_there(app: AppSession) -> None:
    for name in ("_hidden", "nothing"):
        with pytest.raises(Refused, match=f"store.ex has no function '{name}'"):
            app.ask("store", name)


def test_a_status_is_the_end_of_the_process(app: AppSession, host: ProviderHost) -> None:
    def unavailable(**fields: Any) -> Any:
        raise PluginAPIError("the connection is gone")

    host.client.call, call = unavailable, host.client.call  # type: ignore[method-assign]
    host.initialise("other")
    ret = app.ask("other", "ping")
    host.client.call = call  # type: ignore[method-assign]
    assert (ret.error_code, ret.error) == (
        1,
        "plugin provider Demo failed: the connection is gone",
    )


# ------------------------------------------------------------------ order


def test_a_refusal_comes_before_an_older_failure() -> None:
    allowed = Permissions([Permission("store.ex", "fail")])
    with ProviderHost(Demo, permissions=allowed) as host:
        app = host.session()
        app.ask("store", "fail", "gone")
        with pytest.raises(Refused, match=r"store\.ex get was not granted"):
            app.ask("store", "get")
        with pytest.raises(PreviousCallFailed):
            app.ask("store", "fail", "again")
        app.end()
