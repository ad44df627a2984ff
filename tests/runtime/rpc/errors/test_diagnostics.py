"""Do failures arrive as diagnostics, or as a message, where their service declares those?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
import pytest
from kit.error_peers import Peer
from plugwright_runtime.errors import (
    AlreadyExistsError,
    NotFoundError,
    PluginAPIError,
    ValidationError,
)

StatusCode: TypeAlias = grpc.StatusCode


def diagnostic(peer: Peer, severity: int, summary: str = "", **fields: Any) -> Any:
    model = peer.models.Diagnostic
    return model(severity=model.Severity(severity), summary=summary, **fields)


WITH_LIST = ["plan", "stop", "apply", "follow", "upload", "chat"]


@pytest.mark.parametrize("method", WITH_LIST)
def test_diagnostics_both_ways(provider: Peer, method: str) -> None:
    got = provider.fail(method, PluginAPIError("cannot", detailed_error="because"))
    wanted = diagnostic(provider, 1, "cannot", detail="because")
    assert got.diagnostics == (wanted,)
    assert (got.message, got.detailed_error) == ("cannot", "because")
    assert got.code is StatusCode.OK


@pytest.mark.parametrize("method", ["check", "explain"])
def test_diagnostics_without_the_list_are_a_status(provider: Peer, method: str) -> None:
    got = provider.fail(method, ValidationError("bad"))
    assert (type(got), got.message, got.diagnostics) == (ValidationError, "bad", ())


def test_diagnostics_of_the_handler_are_sent_as_they_are(provider: Peer) -> None:
    warning = diagnostic(provider, 2, "old", path="a.b")
    fatal = diagnostic(provider, 3, "broken", detail="in half")
    got = provider.fail("plan", PluginAPIError("x", diagnostics=[warning, fatal]))
    assert got.diagnostics == (warning, fatal)
    assert (got.message, got.detailed_error) == ("broken", "in half")


def test_diagnostics_that_do_not_fail_get_one_that_does(provider: Peer) -> None:
    warning = diagnostic(provider, 2, "old")
    broken = diagnostic(provider, 1, "\ud800")
    given = [warning, broken, provider.models.StopResponse(), 7]
    got = provider.fail("plan", PluginAPIError("no", diagnostics=given))
    assert got.diagnostics == (warning, diagnostic(provider, 1, "no"))


def test_diagnostics_keep_the_rest_of_the_answer(provider: Peer) -> None:
    done = provider.models.ApplyResponse(state="half", changes=3)
    got = provider.fail("apply", PluginAPIError("stuck", response=done))
    assert (got.response.state, got.response.changes) == ("half", 3)
    assert done.notes == []


def test_warnings_alone_do_not_fail(provider: Peer, caplog: pytest.LogCaptureFixture) -> None:
    notes = [diagnostic(provider, 2, "old"), diagnostic(provider, 99, "new")]
    provider.act = lambda request: provider.models.PlanResponse(planned="this", notes=notes)
    assert provider.call("plan") == "this"
    assert "Plan: old; new" in caplog.text
    answer = provider.models.ApplyResponse(state="all", notes=notes)
    provider.act = lambda request: answer
    assert provider.call("apply") == answer
    provider.act = lambda request: [answer, answer]
    assert provider.call("follow") == [answer, answer]


def test_any_number_of_diagnostics(provider: Peer) -> None:
    notes = [diagnostic(provider, 1, f"no {i}") for i in range(1000)]
    provider.act = lambda request: provider.models.StopResponse(notes=notes)
    got = provider.failure("stop")
    assert len(got.diagnostics) == 1000
    assert got.message.startswith("no 0; no 1; ")
    assert got.message.endswith("no 9; and 990 more")


@pytest.mark.parametrize("method", ["get", "clear", "upload", "watch", "chat"])
@pytest.mark.parametrize(
    "error",
    [
        StopIteration(1),
        GeneratorExit(),
        SystemExit(3),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        StopAsyncIteration(),
        RecursionError("deep"),
        ExceptionGroup("two", [KeyError(1)]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_odd_exceptions_are_failures_like_any_other(
    store: Peer, method: str, error: BaseException
) -> None:
    got = store.fail(method, error)
    assert got.code is StatusCode.INTERNAL
    store.act = lambda request: None
    assert store.call("put") is None, "the server did not survive"


@pytest.mark.parametrize(
    "method", ["get_thing", "delete_thing", "compare", "make_report", "follow"]
)
def test_message_both_ways(peer: Callable[[str, str], Peer], method: str) -> None:
    got = peer("error_convention", "Things").fail(
        method, AlreadyExistsError("twice", id="a.b", status_code=409)
    )
    assert type(got) is AlreadyExistsError
    assert (got.message, got.id, got.code) == ("twice", "a.b", StatusCode.OK)


@pytest.mark.parametrize("method", ["explain", "either"])
def test_a_field_of_that_name_and_another_type_is_no_place(
    peer: Callable[[str, str], Peer], method: str
) -> None:
    got = peer("error_convention", "Things").fail(method, NotFoundError("gone"))
    assert (type(got), got.code) == (NotFoundError, StatusCode.NOT_FOUND)
