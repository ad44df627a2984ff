"""Where do a servicer's methods run, and what does a caller get if they cannot?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
import pytest
from kit import stream_service
from kit.mattermost.host import ScriptedHost
from mattermost_plugin import AsyncPluginAPIClient, PluginAPIClient
from plugwright_runtime.errors import PluginAPIError, UnavailableError
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.rpc.streams import Requests, items
from plugwright_runtime.testing import BackgroundServer


async def running_loop() -> Any:
    return asyncio.get_running_loop()


def test_coroutines_run_in_the_place_that_is_theirs() -> None:
    sdk = stream_service.generate()
    seen: list[Any] = []

    class Files(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        async def size(self, request: Any, context: Any) -> Any:
            seen.append(asyncio.get_running_loop())
            return sdk.models.UploadResponse(size=1)

    with ThreadPoolExecutor(1) as pool:
        server = BackgroundServer(lambda place: [handlers(Files(), pool, place)])
        with sdk.clients.FilesClient(server.start(), timeout=30) as client:
            assert client.size(path="p") == 1
            assert seen == [server.run(running_loop())]
        server.stop()


class Broken(Executor):
    """As one that was shut down."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


def test_a_method_that_gets_no_thread_fails_like_any_other() -> None:
    sdk = stream_service.generate()
    servicer = stream_service.servicers(sdk, stream_service.Probe())["sync"]()
    server = BackgroundServer(lambda place: [handlers(servicer, Broken(), place)])
    with sdk.clients.FilesClient(server.start(), timeout=30) as client:
        with pytest.raises(PluginAPIError) as caught:
            client.size(path="p")
        assert caught.value.code is grpc.StatusCode.INTERNAL
    server.stop()


def test_a_method_that_waits_for_a_request_is_woken_when_the_call_is_over() -> None:
    outcome: list[BaseException] = []
    waiting = threading.Event()

    async def never() -> AsyncIterator[bytes]:
        waiting.set()
        await asyncio.Event().wait()
        yield b""

    def reads(requests: Requests[bytes]) -> None:
        try:
            for _ in requests:
                pass
        except BaseException as error:
            outcome.append(error)

    async def scenario() -> None:
        requests = Requests(never(), asyncio.get_running_loop())
        thread = asyncio.create_task(asyncio.to_thread(reads, requests))
        await asyncio.to_thread(waiting.wait, 30)
        requests.end()
        await asyncio.wait_for(thread, 30)

    asyncio.run(scenario())
    assert [type(error) for error in outcome] == [asyncio.CancelledError]


class Answers:
    """An iterator that nothing but `close` ends."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        return 1

    def close(self) -> None:
        self.closed.set()


@pytest.mark.parametrize("taken", [1, 3])
def test_answers_that_nobody_takes_any_more_are_closed(taken: int) -> None:
    answers = Answers()

    async def scenario(executor: Executor) -> None:
        stream = items(answers, executor)
        for _ in range(taken):
            assert await anext(stream) == 1
        assert not answers.closed.is_set()
        await stream.aclose()

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(scenario(executor))
    assert answers.closed.is_set()


class Unclosable(Answers):
    def close(self) -> None:
        super().close()
        raise ValueError("not now")


def test_answers_that_cannot_be_closed_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(executor: Executor) -> None:
        stream = items(Unclosable(), executor)
        assert await anext(stream) == 1
        await stream.aclose()

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(scenario(executor))
    [record] = caplog.records
    assert "closing a stream failed" in record.getMessage()


def test_answers_that_leave_by_an_exception_of_the_interpreter_fail() -> None:
    """GeneratorExit would end the generator that gives them, as if they were complete."""

    class Leaving:
        def __aiter__(self) -> Leaving:
            return self

        async def __anext__(self) -> int:
            raise GeneratorExit

    async def scenario() -> None:
        with ThreadPoolExecutor(1) as executor, pytest.raises(RuntimeError, match="GeneratorExit"):
            await anext(items(Leaving(), executor))

    asyncio.run(scenario())


# ------------------------------------------------------------------ a channel of one's own


def test_a_closed_client_calls_no_more_on_a_channel_of_the_users_own(host: ScriptedHost) -> None:
    with grpc.insecure_channel(host.address) as channel:
        client = PluginAPIClient(channel=channel)
        client.delete_team("a")
        client.close()
        with pytest.raises(UnavailableError, match="closed"):
            client.delete_team("a")
    assert len(host.seen) == 1


def test_a_closed_async_client_calls_no_more_on_a_channel_of_the_users_own(
    host: ScriptedHost,
) -> None:
    async def scenario() -> None:
        async with grpc.aio.insecure_channel(host.address) as channel:
            client = AsyncPluginAPIClient(channel=channel)
            await client.delete_team("a")
            await client.close()
            with pytest.raises(UnavailableError, match="closed"):
                await client.delete_team("a")

    asyncio.run(scenario())
    assert len(host.seen) == 1


# ------------------------------------------------------------------ callers that give up


def test_a_call_that_its_caller_gives_up_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    sdk = stream_service.generate()
    started, ended = threading.Event(), threading.Event()

    class Files(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        async def size(self, request: Any, context: Any) -> Any:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    with ThreadPoolExecutor(1) as pool:
        server = BackgroundServer(lambda place: [handlers(Files(), pool, place)])
        with grpc.insecure_channel(server.start()) as channel:
            call = channel.unary_unary("/cases.streams.Files/Size").future(b"", timeout=60)
            assert started.wait(30)
            call.cancel()
            assert ended.wait(30)
        server.stop()
    assert [record.getMessage() for record in caplog.records] == []
