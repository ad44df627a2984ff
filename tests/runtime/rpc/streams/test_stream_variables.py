"""Do streams run in the context variables of those who make them? All steps of one in the same."""

from __future__ import annotations

import contextvars
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from kit.stream_service import generate
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

step: contextvars.ContextVar[bytes] = contextvars.ContextVar("step", default=b"none")


def servicer(sdk: Any) -> Any:
    def plain() -> Iterator[Any]:
        for name in (b"1", b"2", b"3"):
            yield sdk.models.Chunk(data=step.get())
            step.set(name)

    async def later() -> AsyncIterator[Any]:
        for chunk in plain():
            yield chunk

    class Files(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        def download(self, request: Any, context: Any) -> Any:
            step.set(b"method")
            return later() if request.path == "later" else plain()

        def upload(self, requests: Any, context: Any) -> Any:
            size = int(b"".join(chunk.data for chunk in requests))
            return sdk.models.UploadResponse(size=size)

    return Files()


@pytest.fixture
def client() -> Iterator[Any]:
    sdk, pool = generate(), HandlerPool(threads=4)
    server = BackgroundServer(lambda place: [handlers(servicer(sdk), pool, place)])
    with sdk.clients.FilesClient(server.start()) as client:
        yield client
    server.stop()
    pool.shutdown()


@pytest.mark.parametrize("path", ["plain", "later"])
def test_the_steps_of_an_answer_share_those_of_their_method(client: Any, path: str) -> None:
    for _ in range(2):
        chunks = [chunk.data for chunk in client.download(path=path)]
        assert chunks == [b"method", b"1", b"2"]


def test_requests_are_made_in_those_of_the_caller(client: Any) -> None:
    def requests() -> Iterator[Any]:
        for name in (b"2", b"3", b"4"):
            yield generate().models.Chunk(data=step.get())
            step.set(name)

    step.set(b"1")
    assert client.upload(requests()) == 123
    assert step.get() == b"1"
