"""What becomes of the exceptions that handlers raise: those of the SDK, and odd ones?"""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

import grpc
import pytest
from kit.mattermost.hooks import HOOKS, UNARY, each, hosted, logged, raising, scripted
from kit.mattermost.values import to_pb
from mattermost_plugin import (
    HookName,
    NotFoundError,
    Plugin,
    PluginAPIError,
    Reject,
    UnavailableError,
    Unimplemented,
    hook,
)
from mattermost_plugin.testing import PluginHarness
from plugwright_runtime.errors import Abort, StatusError
from plugwright_runtime.message.wkt import AnyMessage

EMBEDDING = [h for h in UNARY.values() if h.has_error]


# ------------------------------------------------------------------ SDK exceptions


FULL = {
    "id": "app.x.y",
    "message": "short",
    "detailed_error": "long",
    "request_id": "r1",
    "status_code": 404,
    "where": "Somewhere",
    "params": {"n": 1, "x": [None, "é"]},
}


@each(EMBEDDING)
def test_an_sdk_exception_keeps_every_field(everything, hook_):
    host, script = everything
    fields = dict(FULL)
    script.behave = raising(NotFoundError(fields.pop("message"), **fields))
    assert host.call(hook_.name) == to_pb(hook_.response, {"error": FULL})


@each([HOOKS["MessageWillBePosted"], HOOKS["UserHasBeenCreated"]])
def test_without_a_field_for_it_its_text_is_the_status(everything, hook_):
    host, script = everything
    script.behave = raising(NotFoundError("gone", id="app.x.y", status_code=404))
    code, text = host.failure(hook_.name)
    assert (code, text) == (grpc.StatusCode.INTERNAL, "gone [app.x.y] (404)")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PluginAPIError("no"), 500),
        (NotFoundError("no"), 404),
        (UnavailableError("no", code=grpc.StatusCode.UNAVAILABLE), 429),
    ],
)
def test_what_an_sdk_exception_leaves_open_is_filled(everything, error, status):
    host, script = everything
    script.behave = raising(error)
    got = host.call("OnActivate").error
    assert (got.id, got.status_code) == ("plugin.on_activate.error", status)
    assert (got.where, got.message, got.detailed_error) == ("OnActivate", "no", "no")


@pytest.mark.parametrize(
    "fields",
    [
        {"params": {"x": object()}},
        {"params": {"x": b"bytes"}},
        {"id": 7},
        {"status_code": "404"},
        {"status_code": 2**40},
        {"where": "\ud800"},
    ],
)
def test_an_sdk_exception_with_values_no_error_can_hold(everything, fields):
    host, script = everything
    script.behave = raising(PluginAPIError("no", **fields))
    got = host.call("OnActivate").error
    assert (got.message, got.where) == ("no", "OnActivate")
    assert got.status_code == 500
    assert not got.HasField("params")


def test_a_handler_can_say_that_it_is_not_there(everything):
    host, script = everything
    script.behave = raising(Unimplemented())
    code, text = host.failure("ExecuteCommand")
    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert text == "ExecuteCommand is not implemented"
    assert host.records == []


@pytest.mark.parametrize("error", [Unimplemented(), Abort("no"), StatusError("no")])
@pytest.mark.parametrize("coroutines", [False, True])
def test_no_status_opens_a_filter_that_fails_closed(error, coroutines):
    plugin, script = scripted(
        ["MessageWillBePosted"], coroutines=coroutines, on_error=Reject("shut")
    )
    script.behave = raising(error)
    with hosted(plugin()) as host:
        assert host.call("MessageWillBePosted").rejection_reason == "shut"
        assert logged(host)


@pytest.mark.parametrize("text", [None, 5])
def test_a_status_whose_text_is_none(everything, text):
    host, script = everything
    script.behave = raising(Abort(text))
    expected = (grpc.StatusCode.ABORTED, str(text))
    assert host.failure("ExecuteCommand") == expected
    assert host.failure("UserHasBeenCreated") == expected


# ------------------------------------------------------------------ odd failures


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


class MuteAPIError(PluginAPIError):
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


ODD: dict[str, tuple[Any, str]] = {
    "no text": (ValueError(), "ValueError"),
    "a text that fails": (Mute(), "Mute: (an exception without a text)"),
    "no Unicode": (OSError("a\udcff.txt"), "OSError: a?.txt"),
    "NUL and newlines": (ValueError("a\0\r\nb"), "ValueError: a\0\r\nb"),
    "exit": (SystemExit(3), "SystemExit: 3"),
    "interrupt": (KeyboardInterrupt(), "KeyboardInterrupt"),
    "a leaked cancellation": (asyncio.CancelledError(), "CancelledError"),
    "a cancelled future": (concurrent.futures.CancelledError(), "CancelledError"),
    "an assertion": (AssertionError(), "AssertionError"),
    "a group": (ExceptionGroup("two", [KeyError(1)]), "ExceptionGroup: two (1 sub-"),
    "too deep": (RecursionError("deep"), "RecursionError: deep"),
}


@pytest.mark.parametrize("hook_", ["OnActivate", "UserHasBeenCreated"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_exceptions_are_failures_like_any_other(everything, hook_, odd):
    host, script = everything
    error, expected = ODD[odd]
    script.behave = raising(error)
    if hook_ == "OnActivate":
        text = host.call(hook_).error.detailed_error
    else:
        code, text = host.failure(hook_)
        assert code is grpc.StatusCode.INTERNAL
    assert text.startswith(expected)
    assert logged(host).exc_info is not None
    script.behave = lambda *_: None
    assert host.call(hook_) == to_pb(f"{hook_}Response", {})


@pytest.mark.parametrize("hook_", ["OnActivate", "UserHasBeenCreated"])
@pytest.mark.parametrize("error", [StopIteration, StopAsyncIteration, GeneratorExit])
def test_what_generators_mean_by_an_exception_is_a_failure_too(everything, hook_, error):
    """No future can carry them, and the call must end all the same: `next()` in a handler."""
    host, script = everything
    script.behave = raising(error())
    if hook_ == "OnActivate":
        text = host.call(hook_).error.detailed_error
    else:
        text = host.failure(hook_)[1]
    assert error.__name__ in text
    assert logged(host).exc_info is not None


def test_an_sdk_exception_whose_text_fails(everything):
    host, script = everything
    script.behave = raising(MuteAPIError("m", id="a.b"))
    got = host.call("OnActivate").error
    assert (got.id, got.message) == ("a.b", "m")
    assert got.detailed_error == "(an exception without a text)"


@pytest.mark.parametrize("text", ["x" * 1_000_000, "é🙂" * 100_000, "%\n" * 100_000])
def test_a_long_text_reaches_the_host_cut(everything, text):
    """A status travels in headers, which have a limit."""
    host, script = everything
    script.behave = raising(ValueError(text))
    code, details = host.failure("UserHasBeenCreated")
    assert code is grpc.StatusCode.INTERNAL
    assert details.startswith(f"ValueError: {text[:500]}")
    assert len(details) < 3000


def test_a_text_never_has_the_traceback(everything):
    host, script = everything

    def fail(*_: Any) -> None:
        try:
            raise KeyError("inner secret")
        except KeyError as error:
            raise ValueError("outer") from error

    script.behave = fail
    assert host.failure("UserHasBeenCreated")[1] == "ValueError: outer"
    assert host.call("OnActivate").error.detailed_error == "ValueError: outer"


# ------------------------------------------------------------------ sizes


def test_details_of_any_size_reach_a_client_of_ours():
    details = (AnyMessage("x/y", bytes(100_000)),)

    class Detailed(Plugin):
        @hook(HookName.OnActivate)
        def fail(self) -> None:
            raise Unimplemented("é" * 3000, details=details)

    harness = PluginHarness(Detailed, activate=False)
    with harness, pytest.raises(PluginAPIError) as caught:
        harness.hooks.on_activate()
    assert caught.value.details == details
    assert caught.value.message == "é" * 3000


def test_a_text_that_a_status_cannot_carry_says_that_it_was_cut(everything):
    host, script = everything
    script.behave = raising(ValueError("x" * 5000))
    _, text = host.failure("UserHasBeenCreated")
    assert len(text) == 2048
    assert text.endswith("xxx... (cut: 5012 bytes)")
