"""Do streams of all kinds work, fail and wait as they should? Over real channels.

Each test runs against functions and against coroutines; clients are tested sync and async.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from kit.bridged_loop import Run, each_loop
from kit.stream_service import Served, collect
from plugwright_runtime.errors import FieldError, NotFoundError, PluginAPIError
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

pytestmark = pytest.mark.timeout(60)


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
