"""Does the caller of a servicer's method get an answer whatever happens in the method?

All kinds of calls, functions and coroutines, with the loop of handlers and on the server's own:
exceptions whose every method fails, and the application's own cancellation of the method's task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
import pytest
from kit.stream_service import generate
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.failure_log import FAILED_BADLY
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

KINDS = ("size", "download", "upload", "echo")


class Odd(Exception):
    """An exception that ends the program when somebody looks at it."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(name)


def raise_odd() -> None:
    raise Odd


def cancel_me() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


class Served:
    """A servicer whose methods `act` before they answer."""

    def __init__(self, coroutines: bool, bridged: bool) -> None:
        self.act: Callable[[], None] = lambda: None
        sdk = self.sdk = generate()
        make = _coroutines if coroutines else _functions
        self._pool = HandlerPool(threads=4)
        servicer = make(self, sdk)
        self._server = BackgroundServer(
            lambda place: [handlers(servicer, self._pool, place if bridged else None)]
        )
        self.client = sdk.clients.FilesClient(self._server.start(), timeout=20)

    def call(self, kind: str) -> None:
        chunks = (self.sdk.models.Chunk(data=b"x") for _ in range(2))
        if kind in ("size", "download"):
            answer = getattr(self.client, kind)(path="x")
        else:
            answer = getattr(self.client, kind)(chunks)
        if kind in ("download", "echo"):
            list(answer)

    def stop(self) -> None:
        self.client.close()
        self._server.stop()
        self._pool.shutdown()


def _functions(served: Served, sdk: Any) -> Any:
    class Functions(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        def size(self, request: Any, context: Any) -> Any:
            served.act()
            return sdk.models.UploadResponse()

        upload = size

        def download(self, request: Any, context: Any) -> Iterator[Any]:
            yield sdk.models.Chunk()
            served.act()

        echo = download

    return Functions()


def _coroutines(served: Served, sdk: Any) -> Any:
    class Coroutines(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        async def size(self, request: Any, context: Any) -> Any:
            served.act()
            await asyncio.sleep(0)
            return sdk.models.UploadResponse()

        upload = size

        async def download(self, request: Any, context: Any) -> AsyncIterator[Any]:
            yield sdk.models.Chunk()
            served.act()
            await asyncio.sleep(0)

        echo = download

    return Coroutines()


places = pytest.mark.parametrize("bridged", [True, False], ids=["loop", "here"])


@places
@pytest.mark.parametrize("coroutines", [False, True], ids=["def", "async"])
def test_an_exception_that_cannot_be_looked_at_is_a_failure_like_any_other(
    coroutines: bool, bridged: bool
) -> None:
    served = Served(coroutines, bridged)
    try:
        for kind in KINDS:
            served.act = raise_odd
            with pytest.raises(PluginAPIError) as caught:
                served.call(kind)
            assert caught.value.code is grpc.StatusCode.INTERNAL, kind
            assert caught.value.message == FAILED_BADLY, kind
            served.act = lambda: None
            served.call(kind)
    finally:
        served.stop()


@places
def test_a_method_whose_task_is_cancelled_fails(bridged: bool) -> None:
    served = Served(True, bridged)
    try:
        for kind in KINDS:
            served.act = cancel_me
            with pytest.raises(PluginAPIError) as caught:
                served.call(kind)
            assert caught.value.code is grpc.StatusCode.INTERNAL, kind
            assert "CancelledError" in caught.value.message, kind
            served.act = lambda: None
            served.call(kind)
    finally:
        served.stop()
