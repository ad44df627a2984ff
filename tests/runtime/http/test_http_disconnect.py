"""What does a handler notice when the client goes away?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from kit.http.host import GONE, Plugin, fetch, head, hosted, logged, run
from plugwright_runtime.http import (
    CHUNK_BYTES,
    ClientDisconnected,
    Handler,
    Request,
    RequestFrame,
    Response,
    StreamingResponse,
)

SECRET = "s3cret-detail"


class TestDisconnect:
    def _disconnect(
        self,
        handler: Handler,
        started: threading.Event,
        kind: type[Plugin] = Plugin,
        **more: Any,
    ) -> None:
        """Opens a call, waits until the handler runs, goes away, waits for `serve` to end."""

        async def scenario() -> None:
            async with hosted(handler, kind=kind) as (host, plugin):
                call = host.open()
                await call.send(RequestFrame(head("POST"), **more))
                assert await asyncio.to_thread(started.wait, 5)
                call.disconnect()
                ended = await asyncio.wait_for(plugin.ended.get(), 5)
                assert isinstance(ended, GONE)

        run(scenario)

    def test_a_coroutine_is_cancelled(self, caplog: pytest.LogCaptureFixture) -> None:
        started, cancelled = threading.Event(), threading.Event()

        async def handler(request: Request) -> Response:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return Response()

        self._disconnect(handler, started, complete=True)
        assert cancelled.is_set()
        assert not logged(caplog)

    def test_an_async_generator_is_closed(self) -> None:
        started, closed = threading.Event(), threading.Event()

        async def blocks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
                    started.set()
                    await asyncio.sleep(0.01)
            finally:
                closed.set()

        async def handler(request: Request) -> StreamingResponse:
            return StreamingResponse(blocks())

        self._disconnect(handler, started, complete=True)
        assert closed.is_set()

    @pytest.mark.parametrize("fails", [False, True])
    def test_async_blocks_are_closed_in_any_case(self, fails: bool) -> None:
        class Blocks:
            closed = False

            def __init__(self) -> None:
                self.left = ["a", "b"]

            def __aiter__(self) -> Blocks:
                return self

            async def __anext__(self) -> str:
                if self.left:
                    return self.left.pop()
                raise ValueError(SECRET) if fails else StopAsyncIteration

            async def aclose(self) -> None:
                self.closed = True

        blocks = Blocks()
        answer = fetch(lambda request: StreamingResponse(blocks))
        assert (answer.body, answer.complete) == (b"ba", not fails)
        assert blocks.closed

    def test_a_thread_that_reads_gets_an_error(self) -> None:
        started, raised = threading.Event(), threading.Event()

        def handler(request: Request) -> Response:
            assert request.receive_blocking() == b"first"
            started.set()
            try:
                request.receive_blocking()
            except ClientDisconnected:
                raised.set()
                raise
            return Response()

        self._disconnect(handler, started, chunk=b"first")
        assert raised.wait(5)

    def test_a_thread_that_writes_gets_an_error(self) -> None:
        started, closed = threading.Event(), threading.Event()

        def blocks() -> Iterator[bytes]:
            try:
                while True:
                    yield b"x" * CHUNK_BYTES  # blocks soon: nobody reads
                    started.set()
            finally:
                closed.set()

        self._disconnect(lambda request: StreamingResponse(blocks()), started, complete=True)
        assert closed.wait(5)

    def test_a_thread_in_a_computation_sees_the_flag(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        started, seen = threading.Event(), threading.Event()

        def handler(request: Request) -> Response:
            started.set()
            deadline = time.monotonic() + 5
            while not request.disconnected and time.monotonic() < deadline:
                time.sleep(0.01)
            with pytest.raises(ClientDisconnected):
                request.read()
            seen.set()
            raise ValueError(SECRET)

        self._disconnect(handler, started, complete=True)
        assert seen.wait(5)
        assert [SECRET in (record.exc_text or "") for record in logged(caplog)] == [True]

    def test_a_thread_need_not_wait_for_the_loop(self) -> None:
        """On its way out a plugin may block the loop until its threads have ended."""
        started, raised = threading.Event(), threading.Event()
        in_time: list[bool] = []

        def handler(request: Request) -> Response:
            started.set()
            try:
                request.receive_blocking()
            except ClientDisconnected:
                raised.set()
            return Response()

        class Leaving(Plugin):
            async def serve_http(self, frames: AsyncIterator[RequestFrame], context: Any) -> None:
                try:
                    await super().serve_http(frames, context)
                finally:
                    in_time.append(raised.wait(3))

        self._disconnect(handler, started, kind=Leaving)
        assert in_time == [True]

    def test_a_queued_handler_never_starts(self) -> None:
        release, started = threading.Event(), threading.Event()
        ran: list[str] = []

        def handler(request: Request) -> Response:
            ran.append(request.path)
            started.set()
            release.wait(5)
            return Response()

        async def scenario() -> None:
            async with hosted(handler, workers=1) as (host, plugin):
                busy = asyncio.create_task(host.fetch(url="/busy"))
                assert await asyncio.to_thread(started.wait, 5)
                queued = host.open()
                await queued.send(RequestFrame(head(url="/queued"), complete=True))
                await asyncio.sleep(0.1)
                queued.disconnect()
                assert isinstance(await plugin.ended.get(), GONE)
                release.set()
                assert (await busy).status == 200

        run(scenario)
        assert ran == ["/busy"]

    def test_a_read_with_a_timeout_loses_nothing(self) -> None:
        """Cancelling a read must not break the stream under it."""

        async def handler(request: Request) -> Response:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(request.receive(), 0.05)
            return Response(b"".join([chunk async for chunk in request]))

        async def scenario() -> None:
            async with hosted(handler) as (host, _):
                call = host.open()
                await call.send(RequestFrame(head("POST")))
                await asyncio.sleep(0.15)
                await call.send(RequestFrame(None, b"late", complete=True))
                assert (await call.answer()).body == b"late"

        run(scenario)
