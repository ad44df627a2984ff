"""Do streams of all kinds end as they should, whoever ends them? Over real channels.

Each test runs against functions and against coroutines; clients are tested sync and async.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from kit.bridged_loop import Run, each_loop
from kit.stream_service import Served, generate
from plugwright_runtime.errors import FieldError, NotFoundError, PluginAPIError
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def sdk() -> Any:
    return generate()


@pytest.fixture(params=["sync", "async"])
def served(sdk: Any, request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(sdk, request.param)
    yield served
    served.stop()


def steady(count: Callable[[], int]) -> int:
    """The count when it has stopped growing for a while; fails if it never does."""
    deadline = time.monotonic() + 20
    before, since = count(), time.monotonic()
    while time.monotonic() - since < 0.4:
        assert time.monotonic() < deadline, f"still growing: {before}"
        time.sleep(0.02)
        if (now := count()) != before:
            before, since = now, time.monotonic()
    return before


# ------------------------------------------------------------------ all kinds, both ways


def test_every_kind(served: Served) -> None:
    with served.client() as client:
        assert client.size(path="abc") == 3
        assert [c.data for c in client.download(path="three")] == [b"x"] * 3
        assert client.upload(served.chunks(b"a", b"b")) == 2
        echoed = client.echo(served.chunks(b"a", b"", b"c"))
        assert [c.data for c in echoed] == [b"a", b"", b"c"]
        assert client.upload([]) == 0
        assert list(client.echo([])) == []


@each_loop
def test_every_kind_async(served: Served, run: Run) -> None:
    async def scenario() -> None:
        async with served.aio() as client:
            assert await client.size(path="abc") == 3
            assert [c.data async for c in client.download(path="three")] == [b"x"] * 3
            assert await client.upload(served.async_chunks(b"a", b"b")) == 2
            echoed = client.echo(served.async_chunks(b"a", b"", b"c"))
            assert [c.data async for c in echoed] == [b"a", b"", b"c"]
            assert await client.upload(served.async_chunks()) == 0
            assert [c async for c in client.echo(served.async_chunks())] == []

    run(scenario())


def test_each_answer_comes_before_the_next_request(served: Served) -> None:
    """A conversation: no message waits for another one to fill a buffer."""
    turns = threading.Semaphore(0)

    def requests() -> Iterator[Any]:
        for i in range(3):
            yield served.sdk.models.Chunk(data=b"%d" % i)
            assert turns.acquire(timeout=10)

    with served.client() as client:
        for i, answer in enumerate(client.echo(requests())):
            assert answer.data == b"%d" % i
            turns.release()


# ------------------------------------------------------------------ errors in a stream


def test_an_error_after_an_item(served: Served) -> None:
    with served.client() as client:
        items = client.download(path="fails")
        assert next(items).data == b"x"
        with pytest.raises(NotFoundError, match="no more") as caught:
            next(items)
    assert (caught.value.id, caught.value.rpc) == ("files.gone", "Download")
    assert served.probe.ended.wait(10)


@each_loop
def test_an_error_after_an_item_async(served: Served, run: Run) -> None:
    async def scenario() -> None:
        async with served.aio() as client:
            items = client.download(path="fails")
            assert (await anext(items)).data == b"x"
            with pytest.raises(NotFoundError, match="no more") as caught:
                await anext(items)
            assert (caught.value.id, caught.value.rpc) == ("files.gone", "Download")
            with pytest.raises(StopAsyncIteration):
                await anext(items)

    run(scenario())


@pytest.mark.parametrize("path", ["wrong", "nothing"])
def test_an_item_that_is_none(served: Served, path: str) -> None:
    with served.client() as client, pytest.raises(PluginAPIError, match="Download"):
        list(client.download(path=path))


def test_the_users_iterator_fails(served: Served) -> None:
    def broken() -> Iterator[Any]:
        yield from served.chunks(b"a")
        assert served.probe.started.wait(10)
        raise KeyError("mine")

    with served.client() as client:
        with pytest.raises(KeyError, match="mine"):
            client.upload(broken())
        assert served.probe.ended.wait(10)
        with pytest.raises(KeyError, match="mine"):
            list(client.echo(broken()))
    assert not served.probe.completed.is_set()


@each_loop
def test_the_users_iterator_fails_async(served: Served, run: Run) -> None:
    async def broken() -> AsyncIterator[Any]:
        yield served.sdk.models.Chunk(data=b"a")
        assert await asyncio.to_thread(served.probe.started.wait, 10)
        raise KeyError("mine")

    async def scenario() -> None:
        async with served.aio() as client:
            with pytest.raises(KeyError, match="mine"):
                await client.upload(broken())
            assert await asyncio.to_thread(served.probe.ended.wait, 10)
            with pytest.raises(KeyError, match="mine"):
                _ = [c async for c in client.echo(broken())]

    run(scenario())
    assert not served.probe.completed.is_set()


def test_a_request_that_cannot_be_encoded(served: Served) -> None:
    wrong = served.sdk.models.Chunk(data="text")
    with served.client() as client:
        with pytest.raises(FieldError, match=r"Chunk\.data"):
            client.upload([wrong])
        with pytest.raises(FieldError, match=r"Chunk\.data"):
            list(client.echo([wrong]))


def test_a_coroutine_that_reads_as_a_function(sdk: Any) -> None:
    """It would wait for itself, and so would every other call."""

    class Wrong(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        async def upload(self, requests: Any, context: Any) -> Any:
            return sdk.models.UploadResponse(size=len(list(requests)))

    pool = HandlerPool()
    server = BackgroundServer(lambda place: [handlers(Wrong(), pool, place)])
    with (
        sdk.clients.FilesClient(server.start()) as client,
        pytest.raises(PluginAPIError, match="use `async for`"),
    ):
        client.upload([sdk.models.Chunk()], timeout=10)
    server.stop()


# ------------------------------------------------------------------ the client leaves


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


async def collect(items: Any) -> list[Any]:
    return [item async for item in items]


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


# ------------------------------------------------------------------ the servicer leaves


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


# ------------------------------------------------------------------ deadlines


@pytest.mark.parametrize("path", ["endless", "waits"])
def test_a_deadline_ends_a_download(served: Served, path: str) -> None:
    with served.client() as client:
        with pytest.raises(PluginAPIError, match=r"(?i)deadline") as caught:
            for _ in client.download(path=path, timeout=0.3):
                pass
        assert caught.value.code is not None
        assert caught.value.code.name == "DEADLINE_EXCEEDED"
        served.probe.go.set()
        assert served.probe.ended.wait(10)


def test_a_deadline_ends_an_echo(served: Served) -> None:
    hold = threading.Event()

    def waiting() -> Iterator[Any]:
        yield served.sdk.models.Chunk(data=b"a")
        hold.wait(10)

    with served.client() as client:
        with pytest.raises(PluginAPIError, match=r"(?i)deadline"):
            list(client.echo(waiting(), timeout=0.3))
        with pytest.raises(PluginAPIError, match=r"(?i)deadline"):
            client.upload(waiting(), timeout=0.3)
        hold.set()
    assert served.probe.ended.wait(10)
    assert not served.probe.completed.is_set()


@each_loop
def test_a_deadline_ends_streams_async(served: Served, run: Run) -> None:
    closed = threading.Event()

    async def waiting() -> AsyncIterator[Any]:
        try:
            yield served.sdk.models.Chunk(data=b"a")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def scenario() -> None:
        async with served.aio() as client:
            with pytest.raises(PluginAPIError, match=r"(?i)deadline"):
                await client.upload(waiting(), timeout=0.3)
            assert await asyncio.to_thread(closed.wait, 10)
            with pytest.raises(PluginAPIError, match=r"(?i)deadline"):
                await collect(client.download(path="waits", timeout=0.3))

    run(scenario())


# ------------------------------------------------------------------ backpressure


def test_a_client_that_does_not_read_stops_the_servicer(served: Served) -> None:
    with served.client() as client:
        items = client.download(path="large")
        next(items)
        made = steady(lambda: served.probe.made)
        assert made < 400, f"{made} chunks of 64 KiB wait in memory"
        for _ in range(made + 5):
            next(items)
        assert served.probe.made > made
        items.close()
        assert served.probe.ended.wait(10)


def test_a_servicer_that_does_not_read_stops_the_client(served: Served) -> None:
    made = 0

    def flood() -> Iterator[Any]:
        nonlocal made
        yield served.sdk.models.Chunk(data=b"wait")
        while True:
            made += 1
            yield served.sdk.models.Chunk(data=b"b" * 2**16)

    with served.client() as client:
        answers = client.echo(flood())
        next(answers)
        assert steady(lambda: made) < 400
        answers.close()
        served.probe.go.set()
        assert served.probe.ended.wait(10)


@each_loop
def test_a_servicer_that_does_not_read_stops_the_client_async(served: Served, run: Run) -> None:
    made = 0

    async def flood() -> AsyncIterator[Any]:
        nonlocal made
        yield served.sdk.models.Chunk(data=b"wait")
        while True:
            made += 1
            yield served.sdk.models.Chunk(data=b"b" * 2**16)

    async def scenario() -> None:
        async with served.aio() as client:
            answers = client.echo(flood())
            await anext(answers)
            assert await asyncio.to_thread(steady, lambda: made) < 400
            await answers.aclose()

    run(scenario())


def test_many_streams_leave_no_thread_and_no_task(served: Served) -> None:
    at_first = threading.active_count()
    with served.client() as client:
        for _ in range(30):
            for _ in client.download(path="endless"):
                break
        assert client.size(path="a") == 1
    assert steady(threading.active_count) < at_first + 25
    running: Any = served.server.run(_tasks())
    deadline = time.monotonic() + 10
    while running > 5 and time.monotonic() < deadline:
        time.sleep(0.05)
        running = served.server.run(_tasks())
    assert running <= 5


async def _tasks() -> int:
    return len(asyncio.all_tasks())
