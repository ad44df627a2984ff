"""Are failures that a handler does not look at raised where OpenRun raises them?

Each line of OpenRun's table of responses and automatic errors is a test, over a real channel; where
ours differs from it on purpose, the test says so.
"""

# ruff: noqa: PT012 - a scope raises at its end
from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from kit.openrun.calls import Calls
from openrun_plugin import PluginAPIError, UnavailableError, to_star
from openrun_plugin.clients import AsyncPluginProviderClient, PluginProviderClient
from openrun_plugin.extras.testing import ProviderHost
from plugwright_runtime.rpc.results import (
    CallScope,
    PreviousCallFailed,
    Result,
    attempt,
    attempt_async,
    scoped,
)

made: list[str] = []  # the calls that were made


@pytest.fixture(scope="module")
def client() -> Iterator[PluginProviderClient]:
    with ProviderHost(Calls) as host:
        host.initialise("failing")
        yield host.client


def request(function: str, *args: Any) -> dict[str, Any]:
    values = [to_star(arg) for arg in args]
    return {
        "module": "failing",
        "function": function,
        "args": values,
        "session_id": "s",
    }


def good(client: PluginProviderClient, value: int = 1) -> Any:
    made.append("good")
    return client.call(**request("echo", value)).value


def bad(client: PluginProviderClient, kind: str = "code") -> Any:
    made.append("bad")
    return client.call(**request("plain", kind)).value


@pytest.fixture(autouse=True)
def forget() -> None:
    made.clear()


def test_a_call_returns_normally(client: PluginProviderClient) -> None:
    with CallScope() as scope:
        result = attempt(good, client, 5)
        assert scope.pending() == []
        assert (result.value, result.error, result.error_code) == (to_star(5), None, 0)
        assert result
        assert result.ok
        assert result.exception is None
        assert result.unwrap_or(None) == to_star(5)


def test_a_call_fails_with_a_plain_error(client: PluginProviderClient) -> None:
    with CallScope():
        result = attempt(bad, client, "text")
        assert not result
        assert result.error_code == 1


def test_a_call_fails_with_a_coded_error(client: PluginProviderClient) -> None:
    with CallScope():
        result = attempt(bad, client, "code")
        assert not result.ok
        assert (result.error, result.error_code) == ("gone", 404)


@pytest.mark.parametrize(
    "look", ["bool", "ok", "error", "exception", "unwrap_or", "match", "match ok"]
)
def test_looking_at_a_failure_clears_it(client: PluginProviderClient, look: str) -> None:
    with CallScope() as scope:
        result = attempt(bad, client)
        assert scope.pending() == [result]
        match look:
            case "bool":
                assert not result
            case "unwrap_or":
                assert result.unwrap_or(3) == 3
            case "match":
                match result:
                    case Result(error="gone"):
                        pass
            case "match ok":
                match result:
                    case Result(True):
                        raise AssertionError
                    case _:
                        pass
            case _:
                getattr(result, look)
        assert scope.pending() == []
        attempt(good, client)


@pytest.mark.parametrize("look", ["error_code", "failure", "__repr__", "__str__"])
def test_these_do_not_look(client: PluginProviderClient, look: str) -> None:
    with pytest.raises(PluginAPIError, match="gone"), CallScope() as scope:
        result = attempt(bad, client)
        found = getattr(result, look)
        assert "gone" in found() if callable(found) else found
        assert scope.pending() == [result]


def test_the_value_of_a_failure_raises_it(client: PluginProviderClient) -> None:
    with pytest.raises(PluginAPIError) as caught, CallScope():
        attempt(bad, client).value  # noqa: B018
    assert (caught.value.message, caught.value.error_code) == ("gone", 404)
    assert not hasattr(caught.value, "__notes__")


def test_the_value_that_was_raised_and_caught_is_not_told_again(
    client: PluginProviderClient,
) -> None:
    with CallScope():
        with pytest.raises(PluginAPIError):
            attempt(bad, client).value  # noqa: B018
        attempt(good, client)


def test_the_next_call_is_not_made(client: PluginProviderClient) -> None:
    with CallScope():
        failed = attempt(bad, client)
        for _ in range(2):  # the failure stays until somebody looks
            with pytest.raises(PreviousCallFailed, match="previous call failed: gone") as caught:
                attempt(good, client)
            assert caught.value.result is failed
            assert caught.value.__cause__ is failed.failure
        assert made == ["bad"]
        assert not failed
        attempt(good, client)


def test_the_end_of_the_handler_raises_what_is_left(
    client: PluginProviderClient,
) -> None:
    with pytest.raises(PluginAPIError, match="gone"), CallScope():
        attempt(good, client)
        attempt(bad, client)


def test_an_exception_on_its_way_is_not_replaced(client: PluginProviderClient) -> None:
    with pytest.raises(ZeroDivisionError), CallScope():
        attempt(bad, client)
        raise ZeroDivisionError


def test_a_result_made_by_hand_is_never_deferred(client: PluginProviderClient) -> None:
    """As `ace.output(error=…)`."""
    with CallScope():
        result = Result.failed(PluginAPIError("by hand"))
        attempt(good, client)
    assert (result.ok, result.error) == (False, "by hand")
    with pytest.raises(PluginAPIError, match="by hand"):
        result.value  # noqa: B018


def test_an_old_failure_does_not_clear_a_newer_one(
    client: PluginProviderClient,
) -> None:
    """OpenRun has one slot for a request: there, it does."""
    with pytest.raises(PluginAPIError, match="no such record"), CallScope():
        old = attempt(bad, client, "code")
        assert old.error
        attempt(bad, client, "text")
        assert old.error


def test_an_error_handler_gets_the_failure_and_a_fresh_scope(
    client: PluginProviderClient,
) -> None:
    """In OpenRun the slot stays set, and each call of the handler fails again."""

    def on_error(path: str, failed: Result[Any]) -> str:
        assert attempt(good, client)
        return f"{path}: {failed.error} ({failed.error_code})"

    @scoped(on_error)
    def handler(path: str) -> str:
        attempt(bad, client)
        if path == "/next":
            attempt(good, client)
        return "done"

    assert handler("/end") == "/end: gone (404)"
    assert handler("/next") == "/next: gone (404)"
    assert made == ["bad", "good", "bad", "good"]


def test_an_error_handler_that_fails_or_is_not_there(
    client: PluginProviderClient,
) -> None:
    @scoped(lambda failed: attempt(bad, client, "text"))
    def handler() -> None:
        attempt(bad, client, "code")

    with pytest.raises(PluginAPIError, match="no such record"):
        handler()

    @scoped()
    def without() -> None:
        attempt(bad, client, "code")

    with pytest.raises(PluginAPIError, match="gone"):
        without()


def test_an_error_that_is_no_call_does_not_go_to_the_handler() -> None:
    @scoped(lambda failed: "handled")
    def handler() -> str:
        raise KeyError

    with pytest.raises(KeyError):
        handler()


def test_without_a_scope_it_raises_at_once(client: PluginProviderClient) -> None:
    with pytest.raises(PluginAPIError, match="gone"):
        attempt(bad, client)
    assert attempt(good, client, 2).value == to_star(2)


def test_scopes_do_not_see_each_other(client: PluginProviderClient) -> None:
    with CallScope() as outer:
        failed = attempt(bad, client)
        with CallScope() as inner:
            attempt(good, client)
            assert inner.pending() == []
        assert outer.pending() == [failed]
        assert not failed


def test_a_peer_that_is_not_there_is_raised_at_once() -> None:
    client = PluginProviderClient("127.0.0.1:1", timeout=5)
    with client, CallScope() as scope:
        with pytest.raises(UnavailableError) as caught:
            attempt(client.check_health)
        assert caught.value.code is grpc.StatusCode.UNAVAILABLE
        assert scope.pending() == []


def test_a_status_that_is_an_answer_is_a_result(client: PluginProviderClient) -> None:
    with CallScope():
        result = attempt(client.call, module="nowhere")
        assert result.error == "there is no module 'nowhere'"
        assert result.error_code == 1


def test_coroutines(client: PluginProviderClient) -> None:
    target = client._target  # pyright: ignore[reportPrivateUsage]

    async def failing(api: AsyncPluginProviderClient, kind: str) -> Any:
        return await api.call(**request("plain", kind))

    @scoped(lambda api, failed: f"handled {failed.error}")
    async def handler(api: AsyncPluginProviderClient) -> str:
        await attempt_async(failing, api, "code")
        await attempt_async(failing, api, "text")
        return "done"

    async def both(api: AsyncPluginProviderClient) -> None:
        """Both have started before one has failed."""
        calls = [attempt_async(failing, api, kind) for kind in ("code", "text")]
        await asyncio.gather(*calls)

    async def main() -> None:
        async with AsyncPluginProviderClient(target) as api:
            assert await asyncio.gather(*(handler(api) for _ in range(20))) == ["handled gone"] * 20
            with pytest.raises(PluginAPIError) as caught, CallScope():
                await both(api)
            told = [caught.value.message, *caught.value.__notes__]
            assert len(told) == 2
            assert "gone" in str(told)
            assert "no such record" in str(told)
            with CallScope():
                ok = await attempt_async(api.call, **request("echo", 1))
                assert ok.value.value == to_star(1)

    asyncio.run(main())


def test_they_travel() -> None:
    failed = Result.failed(PluginAPIError("x", error_code=3))
    for found in (copy.copy(failed), pickle.loads(pickle.dumps(failed))):
        assert (found.error, found.error_code) == ("x", 3)
    error = pickle.loads(pickle.dumps(PreviousCallFailed(failed)))
    assert error.result.error == "x"
