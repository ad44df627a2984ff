"""Which failures of an attempted call does a program get as a result, and which are raised?"""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.rpc.results import (
    CallScope,
    PreviousCallFailed,
    Result,
    attempt,
    attempt_async,
    scoped,
)

UNREACHABLE = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}
Attempt = Callable[[Callable[[], Any]], Any]


def attempted_by_coroutine(call: Callable[[], Any]) -> Any:
    async def asynchronous() -> Any:
        return call()

    async def scenario() -> Any:
        return await attempt_async(asynchronous)

    coroutine = scenario()
    try:
        while True:
            coroutine.send(None)
    except StopIteration as done:
        return done.value


each_attempt = pytest.mark.parametrize(
    "attempted", [attempt, attempted_by_coroutine], ids=["def", "async"]
)


def failing(code: grpc.StatusCode, text: str = "no", number: int = 0) -> Callable[[], Any]:
    def call() -> Any:
        raise PluginAPIError(text, code=code, error_code=number)

    return call


@each_attempt
@pytest.mark.parametrize("code", list(grpc.StatusCode), ids=lambda c: c.name)
def test_a_host_that_cannot_be_reached_is_no_result(
    code: grpc.StatusCode, attempted: Attempt
) -> None:
    """Every further call would fail as well; all else is an answer to look at."""
    with CallScope() as scope:
        if code.name in UNREACHABLE:
            with pytest.raises(PluginAPIError):
                attempted(failing(code))
            assert scope.pending() == []
        else:
            result = attempted(failing(code))
            assert scope.pending() == [result]
            assert not result.ok


@each_attempt
def test_without_a_scope_a_call_raises(attempted: Attempt) -> None:
    assert attempted(lambda: 7).value == 7
    with pytest.raises(PluginAPIError, match="no"):
        attempted(failing(grpc.StatusCode.INTERNAL))


@each_attempt
def test_no_call_is_made_after_a_failure_that_nobody_has_seen(attempted: Attempt) -> None:
    made: list[int] = []
    with CallScope():
        failed = attempted(failing(grpc.StatusCode.NOT_FOUND, "nobody"))
        with pytest.raises(PreviousCallFailed, match=r"^previous call failed: ") as caught:
            attempted(lambda: made.append(1))
        assert caught.value.result is failed
        assert caught.value.__cause__ is failed.failure
        assert made == []
        assert failed.exception is not None
        attempted(lambda: made.append(2))
    assert made == [2]


LOOKS: dict[str, Callable[[Result[Any]], Any]] = {
    "truth": bool,
    "ok": lambda r: r.ok,
    "error": lambda r: r.error,
    "exception": lambda r: r.exception,
    "unwrap_or": lambda r: r.unwrap_or(1),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_failure_that_was_looked_at_does_not_fail_its_scope(
    look: Callable[[Result[Any]], Any],
) -> None:
    with CallScope():
        look(attempt(failing(grpc.StatusCode.INTERNAL)))


@pytest.mark.parametrize("look", [repr, lambda r: r.failure, lambda r: r.error_code])
def test_a_debugger_does_not_count_as_a_look(look: Callable[[Result[Any]], Any]) -> None:
    with pytest.raises(PluginAPIError, match="no"), CallScope():
        look(attempt(failing(grpc.StatusCode.INTERNAL)))


def test_at_the_end_the_first_failure_names_the_others() -> None:
    def several() -> None:
        with CallScope() as scope:
            for text in ("first", "second", "third"):
                scope.add(PluginAPIError(text))

    with pytest.raises(PluginAPIError, match="first") as caught:
        several()
    notes = caught.value.__notes__
    assert [n for n in notes if "another call failed, too" in n] == notes
    assert len(notes) == 2
    assert "second" in notes[0]
    assert "third" in notes[1]


def test_an_exception_on_its_way_is_not_replaced() -> None:
    def failing_otherwise() -> None:
        with CallScope():
            attempt(failing(grpc.StatusCode.INTERNAL))
            raise KeyError

    with pytest.raises(KeyError):
        failing_otherwise()


def test_an_inner_scope_leaves_the_outer_one_as_it_was() -> None:
    with CallScope() as outer:
        with pytest.raises(PluginAPIError), CallScope():
            attempt(failing(grpc.StatusCode.INTERNAL))
        assert attempt(failing(grpc.StatusCode.INTERNAL, "outside")) in outer.pending()
        assert [bool(r) for r in outer.pending()] == [False]
    with pytest.raises(PluginAPIError):
        attempt(failing(grpc.StatusCode.INTERNAL))


def test_values_and_codes() -> None:
    good, bad = Result(3), Result.failed(PluginAPIError("no"))
    assert (good.value, good.error, good.error_code, good.unwrap_or(1)) == (3, None, 0, 3)
    assert repr(good) == "Result(3)"
    assert (bad.error, bad.error_code, bad.unwrap_or(1)) == ("no", 1, 1)
    assert Result.failed(PluginAPIError("", error_code=7)).error_code == 7
    assert Result.failed(PluginAPIError("")).error
    with pytest.raises(PluginAPIError, match="no"):
        _ = bad.value
    assert repr(bad).startswith("Result.failed(")


def test_a_previous_failure_can_be_copied() -> None:
    error = PreviousCallFailed(Result.failed(PluginAPIError("no", error_code=4)))
    for made in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert str(made) == str(error)
        assert made.result.error_code == 4


def fails() -> Any:
    return attempt(failing(grpc.StatusCode.INTERNAL, "inside"))


@pytest.mark.parametrize("coroutine", [False, True], ids=["def", "async"])
def test_a_scoped_function_answers_with_what_its_handler_makes_of_a_failure(
    coroutine: bool,
) -> None:
    def on_error(number: int, failed: Result[Any]) -> str:
        return f"{number}: {failed.error}"

    def function(number: int) -> str:
        if number:
            fails()
        return "fine"

    async def asynchronous(number: int) -> str:
        return function(number)

    chosen: Any = asynchronous if coroutine else function

    def call(function: Any, number: int) -> Any:
        made = function(number)
        return asyncio.run(made) if coroutine else made

    handled = scoped(on_error)(chosen)
    assert call(handled, 0) == "fine"
    assert call(handled, 5) == "5: inside"
    with pytest.raises(PluginAPIError, match="inside"):
        call(scoped()(chosen), 5)
