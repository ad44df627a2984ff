"""Does a stream end on both sides when one of them leaves? Over real channels.

Each test runs against functions and against coroutines; clients are tested sync and async.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from kit.bridged_loop import Run, each_loop
from kit.stream_service import Served, collect
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

pytestmark = pytest.mark.timeout(60)


def test_a_read_that_is_cancelled_is_not_the_end_of_the_stream(sdk: Any) -> None:
    read = threading.Event()
    complaints: list[str] = []

    class Impatient(sdk.servicers.FilesServicer):
        async def upload(self, requests: Any, context: Any) -> Any:
            await anext(requests)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(anext(requests), 0.01)
            with pytest.raises(RuntimeError) as caught:
                await anext(requests)
            complaints.append(str(caught.value))
            read.set()
            return sdk.models.UploadResponse()

    def slow() -> Iterator[Any]:
        yield sdk.models.Chunk(data=b"a")
        assert read.wait(10)

    pool = HandlerPool()
    server = BackgroundServer(lambda place: [handlers(Impatient(), pool, place)])
    with sdk.clients.FilesClient(server.start()) as client:
        client.upload(slow())
    server.stop()
    pool.shutdown()
    assert "shield" in complaints[0]


@pytest.mark.parametrize("path", ["endless", "large", "three"])
def test_leaving_a_download_closes_the_servicer(served: Served, path: str) -> None:
    with served.client() as client:
        for _ in client.download(path=path):
            break
        assert served.probe.ended.wait(10)
    if path != "three":
        assert isinstance(served.probe.failure, GeneratorExit | asyncio.CancelledError)


@each_loop
@pytest.mark.parametrize("path", ["endless", "waits"])
def test_leaving_a_download_closes_the_servicer_async(served: Served, path: str, run: Run) -> None:
    async def scenario() -> None:
        async with served.aio() as client:
            items = client.download(path=path)
            assert (await anext(items)).data == b"x"
            await items.aclose()
            served.probe.go.set()
            assert await asyncio.to_thread(served.probe.ended.wait, 10)

    run(scenario())


def test_a_function_in_the_middle_of_its_work_is_closed_after_it(sdk: Any) -> None:
    """Its thread cannot be interrupted: at its next `yield` it is told."""
    served = Served(sdk, "sync")
    with served.client() as client:
        items = client.download(path="waits")
        next(items)
        assert served.probe.waiting.wait(10)
        items.close()
        assert not served.probe.ended.wait(0.2)
        served.probe.go.set()
        assert served.probe.ended.wait(10)
        assert isinstance(served.probe.failure, GeneratorExit)
        assert served.probe.thread.startswith("plugin-"), "not in the event loop"
    served.stop()


def test_leaving_an_echo_ends_both_sides(served: Served) -> None:
    closed = threading.Event()
    more = threading.Event()

    def endless() -> Iterator[Any]:
        try:
            yield served.sdk.models.Chunk(data=b"a")
            while not more.wait(10):
                pass
            while True:
                yield served.sdk.models.Chunk(data=b"b")
        finally:
            closed.set()

    with served.client() as client:
        answers = client.echo(endless())
        assert next(answers).data == b"a"
        answers.close()
        assert served.probe.ended.wait(10)
        assert not served.probe.completed.is_set()
        more.set()  # a thread that waits in the user's code cannot be interrupted
        assert closed.wait(10)


@each_loop
def test_cancelling_the_task_ends_both_sides(served: Served, run: Run) -> None:
    closed = threading.Event()

    async def endless() -> AsyncIterator[Any]:
        try:
            yield served.sdk.models.Chunk(data=b"a")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def scenario() -> None:
        async with served.aio() as client:
            for call in (client.upload, lambda r: collect(client.echo(r))):
                served.probe.ended.clear()
                task = asyncio.create_task(call(endless()))
                assert await asyncio.to_thread(served.probe.started.wait, 10)
                while not served.probe.seen:
                    await asyncio.sleep(0.01)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert await asyncio.to_thread(served.probe.ended.wait, 10)
                assert await asyncio.to_thread(closed.wait, 10)
                closed.clear()
                served.probe.seen.clear()

    run(scenario())
    assert not served.probe.completed.is_set(), "half an upload was taken for a whole"


def test_half_an_upload_is_not_a_whole(served: Served) -> None:
    """A client that dies ends the servicer's loop with an exception, not as the last chunk."""
    gone = threading.Event()

    def dying() -> Iterator[Any]:
        yield served.sdk.models.Chunk(data=b"a")
        gone.wait(10)

    client = served.client()
    thread = threading.Thread(target=lambda: _swallow(client.upload, dying()))
    thread.start()
    assert served.probe.started.wait(10)
    client.close()
    assert served.probe.ended.wait(10)
    assert served.probe.failure is not None
    assert not served.probe.completed.is_set()
    gone.set()
    thread.join(10)


def _swallow(call: Callable[[Any], Any], argument: Any) -> None:
    with pytest.raises(PluginAPIError):
        call(argument)


def test_an_early_answer_ends_the_upload(served: Served) -> None:
    closed, more = threading.Event(), threading.Event()

    def endless() -> Iterator[Any]:
        try:
            yield from served.chunks(b"a", b"stop")
            more.wait(10)
            while True:
                yield served.sdk.models.Chunk(data=b"b")
        finally:
            closed.set()

    with served.client() as client:
        assert client.upload(endless()) == 2
        more.set()
        assert closed.wait(10)
        assert [c.data for c in client.echo(endless())] == [b"a", b"stop"]


@each_loop
def test_an_early_answer_ends_the_upload_async(served: Served, run: Run) -> None:
    """The user's iterator waits for something else, and is closed all the same."""
    closed = threading.Event()

    async def endless() -> AsyncIterator[Any]:
        try:
            for content in (b"a", b"stop"):
                yield served.sdk.models.Chunk(data=content)
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def scenario() -> None:
        async with served.aio() as client:
            assert await client.upload(endless()) == 2
            assert await asyncio.to_thread(closed.wait, 10)
            closed.clear()
            answers = client.echo(endless())
            assert [c.data async for c in answers] == [b"a", b"stop"]
            assert await asyncio.to_thread(closed.wait, 10)

    run(scenario())


@each_loop
def test_an_early_answer_while_the_client_floods_async(served: Served, run: Run) -> None:
    closed = threading.Event()

    async def flood() -> AsyncIterator[Any]:
        try:
            yield served.sdk.models.Chunk(data=b"stop")
            while True:
                yield served.sdk.models.Chunk(data=b"b" * 2**16)
        finally:
            closed.set()

    async def scenario() -> None:
        async with served.aio() as client:
            assert await client.upload(flood()) == 1
            gc.collect()
            assert await asyncio.to_thread(closed.wait, 10)

    run(scenario())
