"""Which failure goes into an answer, which is a status, and what does the app read?"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from kit.openrun.calls import FAILURES, Calls, call
from openrun_plugin import (
    Module,
    PluginAPIError,
    Provider,
    Struct,
    function,
    models,
    to_star,
)
from openrun_plugin.clients import PluginProviderClient
from openrun_plugin.extras.testing import ProviderHost
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.process.application import instantiate
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

MIB = 1024 * 1024

TEXTS = {
    "text": ("no such record", 1),
    "code": ("gone", 404),
    "largest code": ("x", 2**63 - 1),
    "code 1": ("x", 1),
    "code 0": ("x", 1),
    "negative code": ("x", 1),
    "code too large": ("x", 1),
    "no text": ("PluginAPIError", 1),
    "not found": ("nothing", 1),
    "status": ("not here", 1),
    "key": ("KeyError: 'k'", 1),
    "empty": ("ValueError", 1),
    "surrogate": ("ValueError: a?", 1),
    "long": ("ValueError: " + "x" * 9988 + "…", 1),
    "silent": ("Silent: (an exception without a text)", 1),
    "stop iteration": ("StopIteration: 1", 1),
    "stop async": ("StopAsyncIteration", 1),
    "exit": ("SystemExit: 3", 1),
    "interrupt": ("KeyboardInterrupt", 1),
    "cancelled": ("CancelledError", 1),
    "base": ("Last: beyond", 1),
    "recursion": ("RecursionError: deep", 1),
    "memory": ("MemoryError", 1),
    "code of a wrong type": ("x", 1),
    "group": ("ExceptionGroup: many (1 sub-exception)", 1),
    "odd": ("Odd", 1),
}
# A coroutine that raises these raises something else, says Python.
IN_COROUTINES = {
    "stop iteration": ("RuntimeError: coroutine raised StopIteration", 1),
}


@pytest.fixture(scope="module")
def host() -> Iterator[ProviderHost]:
    with ProviderHost(Calls) as host:
        yield host


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("way", ["plain", "coroutine", "awaitable"])
def test_every_exception_is_an_answer(host: ProviderHost, way: str, kind: str) -> None:
    expected = TEXTS[kind]
    if way != "plain":
        expected = IN_COROUTINES.get(kind, expected)
    response = call(host, f"failing.{way}", kind)
    assert (response.error, response.error_code) == expected
    assert response.value is None


def test_leaving_the_process_is_an_answer(host: ProviderHost) -> None:
    assert call(host, "failing.leave").error == "SystemExit: bye"
    assert call(host, "failing.echo", 1).error == ""


def test_what_nobody_meant_is_in_the_log(
    host: ProviderHost, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        call(host, "failing.plain", "text")
        assert not caplog.records
        call(host, "failing.plain", "key")
    (record,) = caplog.records
    assert record.getMessage() == "failing.plain failed"
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError


@pytest.mark.parametrize("way", ["wrong_result", "wrong_result_later"])
def test_a_result_that_cannot_be_sent_names_its_place(host: ProviderHost, way: str) -> None:
    response = call(host, f"failing.{way}")
    text = f'failing.{way}: result[1]["x"]: an object cannot be sent to the app'
    assert (response.error, response.error_code) == (text, 1)


def test_strict_keys_are_sent_with_failures_and_after_them(host: ProviderHost) -> None:
    response = call(host, "failing.defer_and_fail", session="strict")
    assert (response.error, response.error_code) == ("failed", 7)
    assert response.strict_keys == ["failing:lock"]
    for name in ("echo", "plain"):
        after = call(host, f"failing.{name}", "key", session="strict")
        assert after.strict_keys == ["failing:lock"]
    misfit = call(host, "failing.echo", session="strict")
    assert "missing a required argument" in misfit.error
    assert misfit.strict_keys == ["failing:lock"]
    assert call(host, "failing.echo", 1, session="other").strict_keys == []


@pytest.mark.parametrize("way", ["large", "large_later"])
def test_a_result_up_to_the_limit_of_a_message(host: ProviderHost, way: str) -> None:
    fits = call(host, f"failing.{way}", 63 * MIB)
    assert fits.value == to_star(bytes(63 * MIB))
    response = call(host, f"failing.{way}", 64 * MIB)
    assert response.value is None
    assert response.error == (
        f"failing.{way}: result: longer than a message can be; "
        "return a generator or a Cursor of short items"
    )


def test_a_result_that_grows_as_it_is_sent(
    host: ProviderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(host, "failing.shared", 10).error == ""
    monkeypatch.setattr("openrun_plugin.extras.encoding.MESSAGE_BYTES", MIB)
    answer = call(host, "failing.shared", 60)
    assert "nested" not in answer.error
    assert answer.error.endswith(
        "longer than a message can be; return a generator or a Cursor of short items"
    )


def test_large_items_of_a_cursor(host: ProviderHost) -> None:
    with host.session() as app:
        cursor = app.call("failing", "large_items", 1, 900_000, 55 * MIB, 55 * MIB, 57 * MIB, 1)
        items = iter(cursor)
        sizes = [len(next(items)) for _ in range(4)]
        assert sizes == [1, 900_000, 55 * MIB, 55 * MIB]
        with pytest.raises(PluginAPIError, match=r"large_items\(\)\[4\]: longer than"):
            next(items)


def test_what_the_class_of_an_argument_raises(host: ProviderHost) -> None:
    assert call(host, "failing.picky", {"size": 5}).value == to_star(5)
    call(host, "failing.defer_and_fail", session="picky")
    answer = call(host, "failing.picky", {"size": 6}, session="picky")
    assert (answer.error, answer.strict_keys) == (
        "ValueError: too large",
        ["failing:lock"],
    )


def test_a_function_learns_for_whom_it_is_called(host: ProviderHost) -> None:
    thread = models.ThreadState(
        request_id="r",
        user_id="u",
        user_subject="s",
        user_email="e",
        groups=["g", "h"],
        app_url="/app",
    )
    with host.session(thread) as app:
        user = app.call("who", "am_i")
        assert user == Struct(
            "user",
            request_id="r",
            user_id="u",
            user_subject="s",
            user_email="e",
            groups=["g", "h"],
            app_url="/app",
            session=app.id,
            function="am_i",
        )
    assert call(host, "who.am_i").error == ""  # nobody is known


# --- status on purpose ------------------------------------------------------------------------


@pytest.fixture
def fresh() -> Iterator[PluginProviderClient]:
    """A client of a provider that nobody has initialised."""
    pool = HandlerPool()
    server = BackgroundServer(lambda place: [handlers(instantiate(Calls), pool, place)])
    with PluginProviderClient(server.start()) as client:
        yield client
    server.stop()
    pool.shutdown()


def refused(error: pytest.ExceptionInfo[PluginAPIError]) -> tuple[str, str]:
    assert error.value.code is not None
    return error.value.code.name, error.value.message


def test_before_the_app_is_initialised(fresh: PluginProviderClient) -> None:
    assert [m.name for m in fresh.describe().modules] == ["failing", "broken", "who"]
    fresh.check_health()
    fresh.end_session(session_id="none")
    with pytest.raises(PluginAPIError) as caught:
        fresh.init_module(module="failing")
    assert refused(caught) == (
        "FAILED_PRECONDITION",
        "the app has not been initialised",
    )
    with pytest.raises(PluginAPIError) as caught:
        fresh.call(module="failing", function="echo")
    assert refused(caught) == (
        "FAILED_PRECONDITION",
        "the app has not been initialised",
    )


def test_the_app_is_initialised_once(fresh: PluginProviderClient) -> None:
    for schema, text in (
        (b"bad", "this schema is not supported"),
        (b"worse", "SystemExit"),
    ):
        with pytest.raises(PluginAPIError) as caught:
            fresh.init_app(app_schema=schema)
        assert refused(caught) == ("OK", text)
        with pytest.raises(PluginAPIError) as caught:
            fresh.init_module(module="failing")
        assert refused(caught)[0] == "FAILED_PRECONDITION"
    fresh.init_app(app_id="a")
    with pytest.raises(PluginAPIError) as caught:
        fresh.init_app(app_id="a")
    assert refused(caught) == (
        "FAILED_PRECONDITION",
        "the app has been initialised already",
    )


def test_what_is_not_there_is_an_invalid_argument(fresh: PluginProviderClient) -> None:
    fresh.init_app()
    fresh.init_module(module="failing", account="a")
    with pytest.raises(PluginAPIError) as caught:
        fresh.init_module(module="nowhere")
    assert refused(caught) == ("INVALID_ARGUMENT", "there is no module 'nowhere'")
    for module, name, expected in (
        ("nowhere", "echo", ("INVALID_ARGUMENT", "there is no module 'nowhere'")),
        ("failing", "no", ("INVALID_ARGUMENT", "there is no function 'failing.no'")),
        (
            "failing",
            "echo",
            ("FAILED_PRECONDITION", "failing has not been initialised"),
        ),
    ):
        with pytest.raises(PluginAPIError) as caught:
            fresh.call(module=module, function=name)
        assert refused(caught) == expected
    with pytest.raises(PluginAPIError) as caught:
        fresh.call(module="failing", account="b", function="echo")
    assert refused(caught) == (
        "FAILED_PRECONDITION",
        "failing of account 'b' has not been initialised",
    )


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("way", ["init", "on_init"])
def test_a_module_that_cannot_start_is_an_answer(
    fresh: PluginProviderClient, way: str, kind: str
) -> None:
    fresh.init_app()
    for _ in range(2):  # and it may be tried again
        with pytest.raises(PluginAPIError) as caught:
            fresh.init_module(module="broken", settings={way: to_star(kind)})
        expected = TEXTS[kind] if way == "init" else IN_COROUTINES.get(kind, TEXTS[kind])
        assert refused(caught) == ("OK", expected[0])
    fresh.init_module(module="broken")


@pytest.mark.parametrize("kind", FAILURES)
def test_bad_health_is_an_answer(host: ProviderHost, kind: str) -> None:
    host.client.check_health()
    host.provider.health = kind  # type: ignore[attr-defined]
    try:
        with pytest.raises(PluginAPIError) as caught:
            host.client.check_health()
    finally:
        host.provider.health = ""  # type: ignore[attr-defined]
    assert refused(caught) == ("OK", IN_COROUTINES.get(kind, TEXTS[kind])[0])


class Counted(Module):
    built = 0
    begun = threading.Event()
    go = threading.Event()

    async def on_init(self) -> None:
        type(self).built += 1
        Counted.begun.set()
        while not Counted.go.is_set():
            await asyncio.sleep(0.001)

    @function
    def who(self) -> list[Any]:
        return [id(self), self.account]


class CountedProvider(Provider):
    modules = (Counted,)


def test_one_instance_for_each_module_and_account() -> None:
    """Also if they are initialised at the same time, or twice."""
    with ProviderHost(CountedProvider) as host, ThreadPoolExecutor(4) as pool:
        ask = functools.partial(host.client.init_module, module="counted")
        waiting = [pool.submit(ask, account="a") for _ in range(3)]
        assert Counted.begun.wait(5)
        Counted.go.set()
        for each in waiting:
            each.result(5)
        host.initialise("counted#a")
        assert Counted.built == 1
        with host.session() as app, host.session() as other:
            first, account = app.call("counted#a", "who")
            assert account == "a"
            assert other.call("counted#a", "who") == [first, "a"]
            second, account = app.call("counted", "who")
            assert (second == first, account) == (False, "")
        assert Counted.built == 2


class SlowHealth(Calls):
    checks = 0

    def on_health_check(self) -> Any:
        type(self).checks += 1
        gate.wait(10)


gate = threading.Event()


def test_a_health_check_that_hangs_is_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openrun_plugin.extras.provider.HEALTH_SECONDS", 0.05)
    with ProviderHost(SlowHealth) as host:
        for _ in range(2):
            with pytest.raises(PluginAPIError, match=r"takes longer than 0\.05 s"):
                host.client.check_health()
        assert SlowHealth.checks == 1  # they do not pile up
        gate.set()
        monkeypatch.setattr("openrun_plugin.extras.provider.HEALTH_SECONDS", 5)
        host.client.check_health()


def test_bytes_that_are_no_request_are_an_answer(host: ProviderHost) -> None:
    with grpc.insecure_channel(host.client._target) as channel:  # pyright: ignore
        for rpc in ("Call", "InitModule", "CursorNext", "CursorClose", "EndSession"):
            send = channel.unary_unary(f"/openrun.plugin.v1.PluginProvider/{rpc}")
            data = send(b"\xff\xff\xff")
            assert b"not a openrun.plugin.v1." in data
