"""Do the streams of the SDK's clients end the way unary calls do? Seen at ServeHTTP.

The server echoes: it answers each request message with one whose chunk is the request's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import grpc.aio
import mattermost_plugin as sdk
import pytest
from kit.bridged_loop import Run, each_loop
from kit.mattermost.facts import message_class
from mattermost_plugin.clients import AsyncPluginHooksClient, PluginHooksClient
from mattermost_plugin.models import ServeHTTPRequest
from plugwright_runtime.testing import BackgroundServer


class EchoHost(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Echoes chunks; `ended` is set when a call is over, however it came to that."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.fail: grpc.StatusCode | None = None
        self.server = BackgroundServer(lambda _: [self])
        self.address = self.server.start()

    def service(self, details: Any) -> Any:
        response = message_class("ServeHTTPResponse")
        request = message_class("ServeHTTPRequest")

        async def serve(stream: Any, context: Any) -> AsyncIterator[bytes]:
            try:
                async for data in stream:
                    chunk = request.FromString(data).body_chunk
                    yield response(body_chunk=chunk).SerializeToString()
                    if self.fail:
                        await context.abort(self.fail, "plugin.x.error: broken")
            finally:
                self.ended.set()

        return grpc.stream_stream_rpc_method_handler(serve)


@pytest.fixture
def host() -> Iterator[EchoHost]:
    host = EchoHost()
    yield host
    host.server.stop()


def chunks(*contents: bytes) -> Iterator[ServeHTTPRequest]:
    for content in contents:
        yield ServeHTTPRequest(body_chunk=content)


async def async_chunks(*contents: bytes) -> AsyncIterator[ServeHTTPRequest]:
    for request in chunks(*contents):
        yield request


class Endless:
    """Requests that never come to an end, and are no generator that gRPC would wait for."""

    def __init__(self) -> None:
        self.more = threading.Semaphore(1)

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> ServeHTTPRequest:
        if not self.more.acquire(timeout=10):
            raise StopIteration
        return ServeHTTPRequest(body_chunk=b"x")


async def async_endless() -> AsyncIterator[ServeHTTPRequest]:
    yield ServeHTTPRequest(body_chunk=b"x")
    await asyncio.Event().wait()


# ------------------------------------------------------------------ sync


def test_both_ways(host: EchoHost) -> None:
    with PluginHooksClient(host.address) as client:
        answers = client.serve_http(chunks(b"a", b"b", b""))
        assert [a.body_chunk for a in answers] == [b"a", b"b", b""]


def test_status_after_an_item(host: EchoHost) -> None:
    host.fail = grpc.StatusCode.NOT_FOUND
    with PluginHooksClient(host.address) as client:
        answers = client.serve_http(chunks(b"a", b"b"))
        assert next(answers).body_chunk == b"a"
        with pytest.raises(sdk.NotFoundError) as caught:
            next(answers)
    assert (caught.value.id, caught.value.rpc) == ("plugin.x.error", "ServeHTTP")


def test_the_users_iterator_fails(host: EchoHost) -> None:
    def broken() -> Iterator[ServeHTTPRequest]:
        yield ServeHTTPRequest(body_chunk=b"a")
        raise KeyError("mine")

    with (
        PluginHooksClient(host.address) as client,
        pytest.raises(KeyError, match="mine"),
    ):
        list(client.serve_http(broken()))


def test_a_wrong_request_in_the_stream(host: EchoHost) -> None:
    wrong = ServeHTTPRequest(body_chunk="text")  # type: ignore[arg-type]
    with PluginHooksClient(host.address) as client, pytest.raises(sdk.FieldError):
        list(client.serve_http([wrong]))


def test_leaving_early_cancels(host: EchoHost) -> None:
    with PluginHooksClient(host.address) as client:
        answers = client.serve_http(Endless())
        assert next(answers).body_chunk == b"x"
        answers.close()  # type: ignore[attr-defined]
        assert host.ended.wait(10)


def test_closing_the_client_ends_the_stream(host: EchoHost) -> None:
    client = PluginHooksClient(host.address)
    answers = client.serve_http(Endless())
    next(answers)
    client.close()
    with pytest.raises(sdk.UnavailableError, match="closed"):
        next(answers)


def test_a_stream_that_cannot_start(host: EchoHost) -> None:
    with PluginHooksClient(host.address) as client, pytest.raises(sdk.PluginAPIError):
        list(client.serve_http(chunks(b"a"), metadata=[("key", 1)]))  # type: ignore[list-item]
    with grpc.insecure_channel(host.address) as channel:
        client = PluginHooksClient(channel=channel)
        assert len(list(client.serve_http(chunks(b"a")))) == 1
    with pytest.raises(sdk.UnavailableError, match="closed"):
        list(client.serve_http(chunks(b"a")))


# ------------------------------------------------------------------ async


@each_loop
def test_async_both_ways(host: EchoHost, run: Run) -> None:
    async def scenario() -> None:
        async with AsyncPluginHooksClient(host.address) as client:
            answers = client.serve_http(async_chunks(b"a", b"b", b""))
            assert [a.body_chunk async for a in answers] == [b"a", b"b", b""]

    run(scenario())


@each_loop
def test_async_status_after_an_item(host: EchoHost, run: Run) -> None:
    async def scenario() -> None:
        async with AsyncPluginHooksClient(host.address) as client:
            answers = client.serve_http(async_endless())
            assert (await anext(answers)).body_chunk == b"x"
            with pytest.raises(sdk.NotFoundError) as caught:
                await anext(answers)
            assert caught.value.id == "plugin.x.error"

    host.fail = grpc.StatusCode.NOT_FOUND
    run(scenario())


@each_loop
def test_async_the_users_iterator_fails(host: EchoHost, run: Run) -> None:
    async def broken() -> AsyncIterator[ServeHTTPRequest]:
        yield ServeHTTPRequest(body_chunk=b"a")
        raise KeyError("mine")

    async def scenario() -> None:
        async with AsyncPluginHooksClient(host.address) as client:
            with pytest.raises(KeyError, match="mine"):
                _ = [a async for a in client.serve_http(broken())]

    run(scenario())


@each_loop
def test_closing_the_async_client_ends_the_stream(host: EchoHost, run: Run) -> None:
    """Not with a cancellation: nobody cancelled the task that waits."""

    async def scenario() -> None:
        client = AsyncPluginHooksClient(host.address)
        answers = client.serve_http(async_endless())
        await anext(answers)
        waiting = asyncio.ensure_future(anext(answers))
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(sdk.UnavailableError, match="closed"):
            await asyncio.wait_for(waiting, 10)

    run(scenario())


@each_loop
def test_an_async_stream_that_cannot_start(host: EchoHost, run: Run) -> None:
    async def scenario() -> None:
        async with AsyncPluginHooksClient(host.address) as client:
            metadata: Any = [("key", 1)]
            stream = client.serve_http(async_chunks(b"a"), metadata=metadata)
            with pytest.raises(sdk.PluginAPIError):
                await anext(stream)
        async with grpc.aio.insecure_channel(host.address) as channel:
            client = AsyncPluginHooksClient(channel=channel)
            assert len([a async for a in client.serve_http(async_chunks(b"a"))]) == 1
        with pytest.raises(sdk.UnavailableError, match="closed"):
            _ = [a async for a in client.serve_http(async_chunks(b"a"))]

    run(scenario())


@each_loop
def test_cancelling_the_task_cancels_the_stream(host: EchoHost, run: Run) -> None:
    async def scenario() -> None:
        async with AsyncPluginHooksClient(host.address) as client:
            answers = client.serve_http(async_endless())
            await anext(answers)
            waiting = asyncio.ensure_future(anext(answers))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert await asyncio.to_thread(host.ended.wait, 10)

    run(scenario())
