"""Does a failure on either side end the way it is promised, and hide its text?"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kit.http.host import LOGGER, Answer, fetch, head, hosted, logged, run
from plugwright_runtime.http import (
    BodyTooLarge,
    Handler,
    InvalidStream,
    Request,
    RequestFrame,
    Response,
    ResponseAborted,
    ResponseFrame,
    StreamingResponse,
    asgi,
    close_mounts,
    serve,
)
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import StreamingResponse as StarletteStreaming
from starlette.routing import Route

SECRET = "s3cret-detail"


class TestFailures:
    def _assert_hidden(self, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
        wire = repr(answer.frames) + answer.details
        assert SECRET not in wire
        assert "Traceback" not in wire
        [record] = logged(caplog)
        assert record.levelno == logging.ERROR
        assert SECRET in (record.exc_text or "")

    @pytest.mark.parametrize(
        "error",
        [
            ValueError(SECRET),
            SystemExit(SECRET),
            StopIteration(SECRET),
            asyncio.CancelledError(SECRET),
            TimeoutError(SECRET),
            BaseExceptionGroup(SECRET, [ValueError(), GeneratorExit()]),
        ],
        ids=lambda error: type(error).__name__,
    )
    @pytest.mark.parametrize("blocking", [False, True])
    def test_before_the_first_byte(
        self, error: BaseException, blocking: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def on_loop(request: Request) -> Response:
            raise error

        def in_thread(request: Request) -> Response:
            raise error

        answer = fetch(in_thread if blocking else on_loop)
        assert (answer.status, answer.code, answer.complete) == (500, "OK", True)
        if not (blocking and isinstance(error, asyncio.CancelledError)):
            self._assert_hidden(answer, caplog)

    @pytest.mark.parametrize("blocking", [False, True])
    def test_in_a_generator_before_its_first_block(
        self, blocking: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = fetch(lambda request: StreamingResponse(_failing(blocking, 0), 201))
        assert (answer.status, answer.complete) == (500, True)
        self._assert_hidden(answer, caplog)

    @pytest.mark.parametrize("blocking", [False, True])
    def test_after_the_first_byte(self, blocking: bool, caplog: pytest.LogCaptureFixture) -> None:
        answer = fetch(lambda request: StreamingResponse(_failing(blocking, 2), 201))
        assert (answer.status, answer.body) == (201, b"xx")
        assert not answer.complete
        assert (answer.code, answer.details) == (
            "INTERNAL",
            "the HTTP response broke off after its first byte",
        )
        self._assert_hidden(answer, caplog)

    @pytest.mark.parametrize("result", [None, "text", {"a": 1}, iter(())])
    def test_a_wrong_result_names_handler_and_types(
        self, result: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        def my_handler(request: Request) -> Any:
            return result

        assert fetch(my_handler).status == 500
        text = logged(caplog)[0].exc_text or ""
        assert "my_handler" in text
        assert type(result).__name__ in text
        assert "Response" in text

    def test_a_wrong_block_aborts(self, caplog: pytest.LogCaptureFixture) -> None:
        blocks: Any = [b"x", 3]
        answer = fetch(lambda request: StreamingResponse(blocks))
        assert answer.code == "INTERNAL"
        assert "bytes or str, not of int" in (logged(caplog)[0].exc_text or "")

    @pytest.mark.parametrize("blocking", [False, True])
    def test_a_body_over_the_limit_is_a_413(self, blocking: bool) -> None:
        async def on_loop(request: Request) -> Response:
            return Response(await request.body(limit=3))

        def in_thread(request: Request) -> Response:
            return Response(request.read(limit=3))

        handler = in_thread if blocking else on_loop
        assert fetch(handler, "POST", "/", [b"ab", b"cd"]).status == 413
        assert fetch(handler, "POST", "/", [b"ab", b"c"]).body == b"abc"

    def test_a_handler_can_catch_a_body_over_the_limit(self) -> None:
        def handler(request: Request) -> Response:
            with pytest.raises(BodyTooLarge) as caught:
                request.read_json(limit=1)
            return Response(str(caught.value.limit))

        assert fetch(handler, "POST", "/", [b"abcdef"]).body == b"1"


def _failing(blocking: bool, after: int) -> Iterator[bytes] | AsyncIterator[bytes]:
    def blocks() -> Iterator[bytes]:
        for _ in range(after):
            yield b"x"
        raise ValueError(SECRET)

    async def async_blocks() -> AsyncIterator[bytes]:
        for block in blocks():
            yield block

    return blocks() if blocking else async_blocks()


class TestInvalidStreams:
    def _first(self, *frames: RequestFrame) -> tuple[Answer, BaseException | None, bool]:
        called = threading.Event()

        def handler(request: Request) -> Response:
            called.set()
            return Response(request.read())

        async def scenario() -> tuple[Answer, BaseException | None]:
            async with hosted(handler) as (host, plugin):
                call = host.open()
                for frame in frames:
                    await call.send(frame)
                await call.rpc.done_writing()
                answer = await call.answer()
                return answer, await plugin.ended.get()

        answer, error = run(scenario)
        return answer, error, called.is_set()

    @pytest.mark.parametrize("frames", [(), (RequestFrame(None, b"body", complete=True),)])
    def test_no_head(self, frames: tuple[RequestFrame, ...]) -> None:
        answer, error, called = self._first(*frames)
        assert answer.code == "INVALID_ARGUMENT"
        assert isinstance(error, InvalidStream)
        assert not called
        assert not answer.frames

    def test_frames_after_complete_are_ignored(self) -> None:
        last = RequestFrame(None, b"late", complete=True)
        answer, error, _ = self._first(RequestFrame(head(), b"in time", complete=True), last, last)
        assert (answer.body, answer.code, error) == (b"in time", "OK", None)

    def test_a_second_head_is_ignored(self) -> None:
        frames = [
            RequestFrame(head(), b"a"),
            RequestFrame(head("PUT"), b"b", complete=True),
        ]
        answer, error, _ = self._first(*frames)
        assert (answer.body, answer.code, error) == (b"ab", "OK", None)

    def test_an_empty_last_frame_is_legal(self) -> None:
        frames = [
            RequestFrame(head()),
            RequestFrame(None, b"a"),
            RequestFrame(complete=True),
        ]
        assert self._first(*frames)[0].body == b"a"

    def test_a_flood_of_empty_frames_is_harmless(self) -> None:
        frames = [
            RequestFrame(head()),
            *[RequestFrame()] * 1000,
            RequestFrame(None, b"a", True),
        ]
        assert self._first(*frames)[0].body == b"a"

    def test_a_stream_that_ends_too_early_is_a_400(self) -> None:
        answer, error, _ = self._first(RequestFrame(head(), b"half"))
        assert (answer.status, answer.body, answer.code, error) == (
            400,
            b"Bad Request",
            "OK",
            None,
        )


def test_aborted_calls_are_reported_to_the_caller() -> None:
    async def scenario() -> BaseException | None:
        async with hosted(lambda request: StreamingResponse(_failing(False, 1))) as (
            host,
            plugin,
        ):
            await host.fetch()
            return await plugin.ended.get()

    assert isinstance(run(scenario), ResponseAborted)


class Unsendable:
    """A transport that takes one frame and fails from then on."""

    def __init__(self) -> None:
        self.sent: list[ResponseFrame] = []

    async def frames(self) -> AsyncIterator[RequestFrame]:
        yield RequestFrame(head(), complete=True)

    async def send(self, frame: ResponseFrame) -> None:
        if self.sent:
            raise OSError(SECRET)
        self.sent.append(frame)


async def _endless(request: StarletteRequest) -> StarletteStreaming:
    async def blocks() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    return StarletteStreaming(blocks())


async def _endless_blocks(request: Request) -> StreamingResponse:
    return StreamingResponse(iter(lambda: b"x", None))


@pytest.mark.parametrize(
    "handler", [_endless_blocks, asgi(Starlette(routes=[Route("/", _endless)]))]
)
def test_a_transport_that_fails_is_a_client_that_left(
    handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        transport = Unsendable()
        with (
            ThreadPoolExecutor(1) as executor,
            pytest.raises(ResponseAborted) as caught,
        ):
            await serve(
                handler,
                transport.frames(),
                transport.send,
                executor=executor,
                logger=LOGGER,
            )
        assert SECRET not in str(caught.value)
        assert len(transport.sent) == 1
        await close_mounts()

    run(scenario)
    assert not logged(caplog)
