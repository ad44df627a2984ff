"""Does a failure of the style `code` arrive with its code and text, and nothing else?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import grpc
import pytest
from kit.error_peers import Peer, raising
from plugwright_runtime.errors import (
    Abort,
    NotFoundError,
    PermissionDeniedError,
    PluginAPIError,
    StatusError,
    Unimplemented,
)

StatusCode: TypeAlias = grpc.StatusCode
CODED = ["get", "call", "watch", "chat"]
TEXT_ONLY = ["put", "upload"]
WITHOUT = ["count", "plain", "either", "clear"]


@pytest.mark.parametrize("method", CODED + TEXT_ONLY)
def test_code_both_ways(store: Peer, method: str) -> None:
    got = store.fail(method, PermissionDeniedError("not yours", error_code=7))
    assert type(got) is PluginAPIError
    assert (got.message, got.error_code) == ("not yours", 7 if method in CODED else 1)
    assert got.code is StatusCode.OK


@pytest.mark.parametrize("method", WITHOUT)
def test_code_without_the_fields_is_a_status(store: Peer, method: str) -> None:
    got = store.fail(method, NotFoundError("not here", error_code=7))
    assert type(got) is NotFoundError
    assert (got.message, got.error_code) == ("not here", 0)
    assert got.code is StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("code", "told"), [(0, 1), (1, 1), (2, 2), (-3, 1), (2**31, 2**31), (2**40, 1)]
)
def test_code_on_the_wire(store: Peer, code: int, told: int) -> None:
    store.act = raising(PluginAPIError("no", id="a.b", error_code=code))
    answer = store.wire("call")  # uint32
    assert (answer.error, answer.error_code) == ("no", told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "PluginAPIError"),
        ("a\udcffb", "a?b"),
        ("a\0\nb", "a\0\nb"),
        ("é" * 9999,) * 2,
    ],
)
def test_code_text(store: Peer, text: str, told: str) -> None:
    got = store.fail("get", PluginAPIError(text))
    assert (got.message, got.error_code) == (told, 1)


def test_code_keeps_the_rest_of_the_answer(store: Peer) -> None:
    started = store.models.CallResponse(open=["cursor"])
    got = store.fail("call", PluginAPIError("no", error_code=2, response=started))
    assert (got.response.open, got.response.error) == (["cursor"], "no")
    assert (started.error, started.error_code) == (None, 0), "the handler's own changed"
    alien = store.models.GetResponse(value=store.models.Value(text="x"))
    got = store.fail("call", PluginAPIError("no", response=alien))
    assert (got.message, got.response.value) == ("no", None)


def test_code_with_a_rest_that_cannot_be_sent(
    store: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = store.models.CallResponse(open=[7])
    got = store.fail("call", PluginAPIError("no", response=broken))
    assert (got.message, got.response.open) == ("no", [])
    assert "cannot be encoded" in caplog.text


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        ({}, None),
        ({"error": ""}, None),
        ({"error": "no"}, ("no", 1)),
        ({"error": "no", "error_code": 3}, ("no", 3)),
        ({"error_code": 3}, ("error 3", 3)),
        ({"error": "", "error_code": 1}, ("error 1", 1)),
    ],
)
def test_code_that_a_client_finds(
    store: Peer, fields: dict[str, Any], failed: tuple[str, int] | None
) -> None:
    answer = store.models.CallResponse(**fields)
    store.act = lambda request: answer
    if failed is None:
        assert store.call("call") == answer
    else:
        got = store.failure("call")
        assert (got.message, got.error_code, got.response) == (*failed, answer)


def test_code_unwraps_the_payload(store: Peer) -> None:
    value = store.models.Value(text="x")
    store.act = lambda request: store.models.GetResponse(value=value)
    assert store.call("get") == value
    store.act = lambda request: [store.models.GetResponse(value=value)] * 2
    assert [item.value for item in store.call("watch")] == [value, value]


def test_code_after_the_first_items_of_a_stream(store: Peer) -> None:
    def act(request: Any) -> Iterator[Any]:
        yield store.models.GetResponse(value=store.models.Value(text="first"))
        raise PluginAPIError("then no more", error_code=9)

    store.act = act
    got = store.failure("watch")
    assert (got.message, got.error_code) == ("then no more", 9)


@pytest.mark.parametrize("method", ["get", "watch"])
def test_other_exceptions_are_a_status(
    store: Peer, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    got = store.fail(method, KeyError("secret"))
    assert got.code is StatusCode.INTERNAL
    assert f"{method.capitalize()} failed" in caplog.text
    assert caplog.records[-1].exc_info is not None


@pytest.mark.parametrize("method", CODED + TEXT_ONLY + WITHOUT)
@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (Unimplemented("later"), StatusCode.UNIMPLEMENTED, "later"),
        (Abort("done"), StatusCode.ABORTED, "done"),
        (
            StatusError("first", code=StatusCode.FAILED_PRECONDITION),
            StatusCode.FAILED_PRECONDITION,
            "first",
        ),
    ],
)
def test_status_errors_are_never_embedded(
    store: Peer, method: str, error: StatusError, code: StatusCode, text: str
) -> None:
    got = store.fail(method, error)
    assert (got.code, got.message) == (code, text)


@pytest.mark.parametrize("method", ["put", "clear", "upload"])
def test_none_for_an_answer_without_payload(store: Peer, method: str) -> None:
    store.act = lambda request: None
    assert store.call(method) is None


@pytest.mark.parametrize("method", ["get", "call"])
@pytest.mark.parametrize("wrong", [None, 7, "Value"])
def test_a_forgotten_answer_is_told(
    store: Peer, method: str, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store.act = lambda request: store.models.Value() if wrong == "Value" else wrong
    name = wrong if isinstance(wrong, str) else type(wrong).__name__
    expected = f"{method.capitalize()} returned {name}, not {method.capitalize()}Response"
    got = store.failure(method)
    assert (got.message, got.error_code) == (expected, 1)
    assert caplog.records[-1].levelno == logging.ERROR


@pytest.mark.parametrize("method", ["watch", "chat"])
def test_a_forgotten_item_of_a_stream_is_told(store: Peer, method: str) -> None:
    store.act = lambda request: [None]
    assert "returned NoneType, not GetResponse" in store.failure(method).message


@pytest.mark.parametrize(
    ("case", "service", "method"),
    [
        ("error_code", "Store", "count"),
        ("error_code", "Store", "either"),
        ("error_convention", "Things", "get_thing"),
        ("error_diagnostics", "Provider", "plan"),
        ("error_status", "Inbound", "navigate"),
        ("error_status", "Inbound", "watch"),
    ],
)
def test_a_forgotten_answer_is_internal(
    peer: Callable[[str, str], Peer],
    case: str,
    service: str,
    method: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = peer(case, service)
    streams = one.rpcs[method].kind == "server_stream"
    one.act = lambda request: [None] if streams else None
    got = one.failure(method)
    assert got.code is StatusCode.INTERNAL
    assert "returned NoneType, not" in got.message
    assert caplog.records[-1].levelno == logging.ERROR


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("the text alone"), "the text alone"),
        (ValueError(), "Show failed"),
        (Mute(), "(an exception without a text)"),
        (OSError("a\udcffb"), "a?b"),
        (NotFoundError("gone"), "gone"),
    ],
)
def test_every_exception_embedded(
    peer: Callable[[str, str], Peer],
    error: Exception,
    text: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbound = peer("error_status", "Outbound")
    got = outbound.fail("show", error)
    assert (got.message, got.error_code, got.code) == (text, 1, StatusCode.OK)
    logged = [r for r in caplog.records if r.exc_info]
    assert len(logged) == (0 if isinstance(error, PluginAPIError) else 1)
    assert outbound.fail("find", ValueError("x")).code is StatusCode.INTERNAL
