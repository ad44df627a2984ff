"""Which calls are repeated when the host is away, and how often? Only those that may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from kit import stream_service
from plugwright_runtime.errors import PluginAPIError, UnavailableError
from plugwright_runtime.testing import BackgroundServer

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@dataclass
class Failing(grpc.GenericRpcHandler):  # type: ignore[misc]
    """A host that ends calls with the next of its statuses, and answers when there is none left."""

    statuses: list[grpc.StatusCode] = field(default_factory=list[grpc.StatusCode])
    seen: list[str] = field(default_factory=list[str])

    def service(self, details: Any) -> Any:
        async def serve(data: bytes, context: Any) -> bytes:
            self.seen.append(details.method.rpartition("/")[2])
            if self.statuses:
                await context.abort(self.statuses.pop(0), "not now")
            return b"\x08\x07"

        return grpc.unary_unary_rpc_method_handler(serve)


@pytest.fixture
def host() -> Failing:
    return Failing()


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, host: Failing) -> Iterator[Callable[[str], Any]]:
    """`call(method)`: its answer, by either client."""
    clients = stream_service.generate().clients
    server = BackgroundServer(lambda _: [host])
    address = server.start()

    async def asynchronous(method: str) -> Any:
        async with clients.AsyncFilesClient(address, timeout=60) as client:
            return await getattr(client, method)(path="path")

    def synchronous(method: str) -> Any:
        with clients.FilesClient(address, timeout=60) as client:
            return getattr(client, method)(path="path")

    is_async = request.param == "async"
    yield (lambda m: asyncio.run(asynchronous(m))) if is_async else synchronous
    server.stop()


@pytest.mark.parametrize("method", ["stat", "delete"])
def test_a_call_that_is_safe_to_repeat_survives_a_host_that_comes_back(
    method: str, host: Failing, call: Callable[[str], Any]
) -> None:
    host.statuses = [UNAVAILABLE, UNAVAILABLE]
    call(method)
    assert host.seen == [method.title()] * 3


def test_a_call_is_tried_four_times_at_most(host: Failing, call: Callable[[str], Any]) -> None:
    host.statuses = [UNAVAILABLE] * 9
    with pytest.raises(UnavailableError, match="not now"):
        call("stat")
    assert len(host.seen) == 4


def test_a_call_that_changes_something_is_never_repeated(
    host: Failing, call: Callable[[str], Any]
) -> None:
    host.statuses = [UNAVAILABLE]
    with pytest.raises(UnavailableError, match="not now"):
        call("size")
    assert host.seen == ["Size"]


@pytest.mark.parametrize(
    "status",
    [s for s in grpc.StatusCode if s not in (grpc.StatusCode.OK, UNAVAILABLE)],
    ids=lambda s: s.name,
)
def test_an_answer_of_the_host_is_not_asked_for_again(
    status: grpc.StatusCode, host: Failing, call: Callable[[str], Any]
) -> None:
    host.statuses = [status]
    with pytest.raises(PluginAPIError) as caught:
        call("stat")
    assert caught.value.code is status
    assert host.seen == ["Stat"]
