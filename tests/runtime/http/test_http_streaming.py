"""Do bodies stream both ways, with backpressure, many at once?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from kit.http.host import GONE, fetch, head, hosted, run
from plugwright_runtime.http import (
    CHUNK_BYTES,
    Handler,
    Request,
    RequestFrame,
    Response,
    StreamingResponse,
)


async def echo(request: Request) -> StreamingResponse:
    return StreamingResponse(request)


def echo_in_thread(request: Request) -> StreamingResponse:
    return StreamingResponse(iter(request))


class TestStreaming:
    @pytest.mark.parametrize("blocking", [False, True])
    @pytest.mark.parametrize("flush", [False, True])
    def test_a_block_leaves_before_the_handler_goes_on(self, blocking: bool, flush: bool) -> None:
        gate = threading.Event()

        def blocks() -> Iterator[bytes]:
            yield b"first"
            gate.wait()
            yield b"second"

        async def async_blocks() -> AsyncIterator[bytes]:
            yield b"first"
            await asyncio.to_thread(gate.wait)
            yield b"second"

        def handler(request: Request) -> StreamingResponse:
            return StreamingResponse(blocks() if blocking else async_blocks(), flush=flush)

        async def scenario() -> None:
            async with hosted(handler) as (host, _):
                call = host.open()
                await call.send(RequestFrame(head(), complete=True))
                try:
                    first = await asyncio.wait_for(call.read(), 5)
                finally:
                    gate.set()
                assert first is not None
                assert first.head is not None
                assert (first.chunk, first.flush, first.complete) == (
                    b"first",
                    flush,
                    False,
                )
                rest = await call.answer()
                assert rest.body == b"second"
                assert rest.complete

        run(scenario)

    def test_flush_marks_the_last_frame_of_a_large_block(self) -> None:
        answer = fetch(lambda request: StreamingResponse([b"x" * (2 * CHUNK_BYTES + 1)]))
        assert [len(frame.chunk) for frame in answer.frames] == [
            CHUNK_BYTES,
            CHUNK_BYTES,
            1,
            0,
        ]
        assert [frame.flush for frame in answer.frames] == [False, False, True, False]

    def test_an_empty_first_block_sends_the_head(self) -> None:
        gate = threading.Event()

        def blocks() -> Iterator[str]:
            yield ""
            gate.wait()
            yield "late"

        async def scenario() -> None:
            async with hosted(lambda request: StreamingResponse(blocks(), 202)) as (
                host,
                _,
            ):
                call = host.open()
                await call.send(RequestFrame(head(), complete=True))
                try:
                    first = await asyncio.wait_for(call.read(), 5)
                finally:
                    gate.set()
                assert first is not None
                assert first.head is not None
                assert first.flush
                assert (first.head.status, first.chunk) == (202, b"")
                assert (await call.answer()).body == b"late"

        run(scenario)

    def test_the_handler_starts_before_the_body_is_complete(self) -> None:
        async def scenario() -> None:
            async with hosted(echo) as (host, _):
                call = host.open()
                await call.send(RequestFrame(head("POST"), b"one"))
                frame = await asyncio.wait_for(call.read(), 5)
                assert frame is not None
                assert frame.chunk == b"one"
                await call.send(RequestFrame(None, b"two", complete=True))
                assert (await call.answer()).body == b"two"

        run(scenario)

    @pytest.mark.parametrize("size", [1, CHUNK_BYTES])
    def test_an_early_response_ends_the_call_while_the_upload_goes_on(self, size: int) -> None:
        async def scenario() -> None:
            sent = asyncio.Event()

            async def refuse(request: Request) -> Response:
                await sent.wait()
                return Response("too much", 403)

            async with hosted(refuse) as (host, plugin):
                call = host.open()
                await call.send(RequestFrame(head("POST", content_length=1 << 40)))
                for _ in range(3):
                    await call.send(RequestFrame(None, b"x" * size))
                sent.set()
                answer = await asyncio.wait_for(call.answer(), 5)
                assert (answer.status, answer.body, answer.complete) == (
                    403,
                    b"too much",
                    True,
                )
                assert answer.code == "OK"
                assert await plugin.ended.get() is None

        run(scenario)

    def test_an_upload_that_nobody_reads_stops(self) -> None:
        """The plugin stops reading, so the host's writes stop soon: flow control, not memory."""

        async def scenario() -> int:
            release = asyncio.Event()

            async def stall(request: Request) -> Response:
                await release.wait()
                return Response(str(len(await request.body())))

            async with hosted(stall) as (host, _):
                call = host.open()
                await call.send(RequestFrame(head("POST")))
                sent = await _sent_until_blocked(
                    lambda: call.send(RequestFrame(None, b"x" * CHUNK_BYTES))
                )
                release.set()
                call.disconnect()
                return sent

        assert run(scenario) * CHUNK_BYTES < 4 << 20

    @pytest.mark.parametrize("blocking", [False, True])
    def test_a_client_that_does_not_read_holds_the_handler(self, blocking: bool) -> None:
        produced = 0
        block = b"x" * CHUNK_BYTES

        def blocks() -> Iterator[bytes]:
            nonlocal produced
            while True:
                produced += 1
                yield block

        async def async_blocks() -> AsyncIterator[bytes]:
            for item in blocks():
                yield item

        def handler(request: Request) -> StreamingResponse:
            return StreamingResponse(blocks() if blocking else async_blocks())

        async def scenario() -> None:
            async with hosted(handler) as (host, plugin):
                call = host.open()
                await call.send(RequestFrame(head(), complete=True))
                assert await call.read()
                last, since = produced, time.monotonic()
                while time.monotonic() - since < 0.3:  # until nothing has moved for a while
                    await asyncio.sleep(0.02)
                    if produced != last:
                        last, since = produced, time.monotonic()
                    assert produced * CHUNK_BYTES < 16 << 20
                call.disconnect()
                assert isinstance(await plugin.ended.get(), GONE)

        run(scenario)


async def _sent_until_blocked(send: Callable[[], Any]) -> int:
    sent = 0
    while True:
        try:
            await asyncio.wait_for(send(), 0.5)
        except TimeoutError:
            return sent
        sent += 1
        assert sent < 1000, "nothing held the sender back"


class TestManyStreams:
    @pytest.mark.parametrize("handler", [echo, echo_in_thread])
    def test_fifty_at_once_keep_apart(self, handler: Handler) -> None:
        async def scenario() -> None:
            async with hosted(handler, workers=4) as (host, _):
                bodies = [[bytes([i]) * 5000, bytes([i]) * CHUNK_BYTES] for i in range(50)]
                answers = await asyncio.gather(
                    *(host.fetch("POST", f"/{i}", body) for i, body in enumerate(bodies))
                )
                assert [answer.body for answer in answers] == [b"".join(body) for body in bodies]
                assert all(answer.complete and answer.code == "OK" for answer in answers)

        run(scenario)

    def test_fifty_open_coroutines_run_side_by_side(self) -> None:
        async def scenario() -> None:
            barrier = asyncio.Barrier(50)

            async def handler(request: Request) -> Response:
                await barrier.wait()
                return Response(request.path)

            async with hosted(handler, workers=1) as (host, _):
                answers = await asyncio.gather(*(host.fetch(url=f"/{i}") for i in range(50)))
                assert {answer.body for answer in answers} == {b"/%d" % i for i in range(50)}

        run(scenario)
