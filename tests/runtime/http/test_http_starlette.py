"""Does a Starlette application run unmodified behind the stream?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kit.http.host import GONE, Host, Plugin, fetch, head, hosted, logged, run
from plugwright_runtime.http import (
    CHUNK_BYTES,
    RequestFrame,
    asgi,
)
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

SECRET = "s3cret-detail"


class Gates:
    """What endpoints and tests tell each other; made on the loop of the test."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        self.ended: asyncio.Queue[str] = asyncio.Queue()


gates: Gates


async def _echo(request: StarletteRequest) -> Response:
    return StreamingResponse(request.stream(), 201, {"x-app": "starlette"})


async def _count(request: StarletteRequest) -> Response:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return PlainTextResponse(str(size))


async def _slow_stream(request: StarletteRequest) -> Response:
    async def blocks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            gates.entered.set()
            await gates.release.wait()
            yield b"second"
        except asyncio.CancelledError:
            gates.ended.put_nowait("stream cancelled")
            raise

    return StreamingResponse(blocks())


async def _endless(request: StarletteRequest) -> Response:
    class Endless(Response):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200})
            block = {
                "type": "http.response.body",
                "body": b"x" * CHUNK_BYTES,
                "more_body": True,
            }
            try:
                while True:
                    await send(block)
                    gates.entered.set()
            except OSError:
                gates.ended.put_nowait("send failed")
                raise

    return Endless()


async def _watch(request: StarletteRequest) -> Response:
    gates.entered.set()
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    gates.ended.put_nowait("noticed")
    return PlainTextResponse("nobody reads this")


async def _reader(request: StarletteRequest) -> Response:
    gates.entered.set()
    try:
        await request.body()
    except ClientDisconnect:
        gates.ended.put_nowait("disconnected")
        raise
    return PlainTextResponse("read")


async def _stubborn(request: StarletteRequest) -> Response:
    gates.entered.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        gates.ended.put_nowait("cancelled")
        raise
    return PlainTextResponse("never")


async def _background(request: StarletteRequest) -> Response:
    async def later() -> None:
        await gates.release.wait()
        gates.ended.put_nowait("background done")

    return PlainTextResponse("at once", background=BackgroundTask(later))


async def _declared(request: StarletteRequest) -> Response:
    async def blocks() -> AsyncIterator[bytes]:
        yield b"abc"

    async def later() -> None:
        gates.ended.put_nowait("background done")

    task = BackgroundTask(later)
    return StreamingResponse(blocks(), headers={"content-length": "3"}, background=task)


async def _broken(request: StarletteRequest) -> Response:
    raise ValueError(SECRET)


async def _broken_later(request: StarletteRequest) -> Response:
    async def blocks() -> AsyncIterator[bytes]:
        yield b"x"
        raise ValueError(SECRET)

    return StreamingResponse(blocks())


async def _file(request: StarletteRequest) -> Response:
    return FileResponse(__file__)


class Noop(BaseHTTPMiddleware):
    pass


STARLETTE = Starlette(
    routes=[
        Route("/echo", _echo, methods=["POST"]),
        Route("/count", _count, methods=["POST"]),
        Route("/slow", _slow_stream),
        Route("/endless", _endless),
        Route("/watch", _watch, methods=["POST"]),
        Route("/reader", _reader, methods=["POST"]),
        Route("/stubborn", _stubborn),
        Route("/background", _background),
        Route("/declared", _declared),
        Route("/broken", _broken),
        Route("/broken-later", _broken_later),
        Route("/file", _file, name="file"),
    ]
)


@asynccontextmanager
async def starlette_host(**options: Any) -> AsyncGenerator[tuple[Host, Plugin]]:
    global gates
    gates = Gates()
    async with hosted(asgi(STARLETTE, **options)) as pair:
        yield pair


class TestStarlette:
    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 << 20])
    def test_bodies_stream_both_ways(self, size: int) -> None:
        async def scenario() -> None:
            body = [b"y" * min(CHUNK_BYTES, size - at) for at in range(0, size, CHUNK_BYTES)]
            async with starlette_host() as (host, _):
                answer = await host.fetch("POST", "/echo", body)
                assert (answer.status, answer.header("x-app")) == (201, ["starlette"])
                assert answer.body == b"".join(body)
                assert answer.complete
                counted = await host.fetch("POST", "/count", body)
                assert counted.body == str(size).encode()
                assert len(counted.frames) == 1

        run(scenario)

    def test_the_first_block_arrives_before_the_second_exists(self) -> None:
        async def scenario() -> None:
            async with starlette_host() as (host, _):
                call = host.open()
                await call.send(RequestFrame(head(url="/slow"), complete=True))
                first = await asyncio.wait_for(call.read(), 5)
                assert first is not None
                assert first.head is not None
                assert (first.chunk, first.flush) == (b"first", True)
                gates.release.set()
                rest = await call.answer()
                assert rest.body == b"second"
                assert rest.complete

        run(scenario)

    @pytest.mark.parametrize(
        ("url", "outcome"),
        [
            ("/watch", "noticed"),
            ("/reader", "disconnected"),
            ("/endless", "send failed"),
            ("/stubborn", "cancelled"),
            ("/slow", "stream cancelled"),
        ],
    )
    def test_a_disconnect_ends_the_endpoint(
        self, url: str, outcome: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def scenario() -> None:
            async with starlette_host(cancel_after=0.2) as (host, plugin):
                call = host.open()
                method = "POST" if url in ("/watch", "/reader") else "GET"
                await call.send(RequestFrame(head(method, url), complete=method == "GET"))
                await asyncio.wait_for(gates.entered.wait(), 5)
                call.disconnect()
                ended = await asyncio.wait_for(plugin.ended.get(), 5)
                assert isinstance(ended, GONE)
                assert await asyncio.wait_for(gates.ended.get(), 5) == outcome

        run(scenario)
        assert not logged(caplog)

    def test_background_work_outlives_the_call(self) -> None:
        async def scenario() -> None:
            async with starlette_host() as (host, plugin):
                answer = await host.fetch(url="/background")
                assert answer.body == b"at once"
                assert answer.complete
                assert await plugin.ended.get() is None
                assert gates.ended.empty()
                gates.release.set()
                assert await asyncio.wait_for(gates.ended.get(), 5) == "background done"

        run(scenario)

    def test_a_declared_length_completes_early_and_harms_nothing(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def scenario() -> None:
            async with starlette_host() as (host, _):
                answer = await host.fetch(url="/declared")
                assert [(frame.chunk, frame.complete) for frame in answer.frames] == [
                    (b"abc", True)
                ]
                assert await asyncio.wait_for(gates.ended.get(), 5) == "background done"

        run(scenario)
        assert not logged(caplog)

    def test_a_handler_that_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        async def scenario() -> None:
            async with starlette_host() as (host, _):
                early = await host.fetch(url="/broken")
                assert (early.status, early.body, early.code) == (
                    500,
                    b"Internal Server Error",
                    "OK",
                )
                late = await host.fetch(url="/broken-later")
                assert (late.status, late.body, late.code) == (200, b"x", "INTERNAL")
                assert not late.complete
                assert SECRET not in repr((early.frames, late.frames, late.details))

        run(scenario)
        assert [SECRET in (record.exc_text or "") for record in logged(caplog)] == [
            True,
            True,
        ]

    def test_files_ranges_and_head(self) -> None:
        async def scenario() -> None:
            async with starlette_host() as (host, _):
                with open(__file__, "rb") as file:
                    content = file.read()
                whole = await host.fetch(url="/file")
                assert whole.body == content
                assert whole.complete
                part = await host.fetch(url="/file", headers=[("Range", "bytes=2-4")])
                assert (part.status, part.body) == (206, content[2:5])
                head_only = await host.fetch("HEAD", "/file")
                assert head_only.body == b""
                assert head_only.complete
                assert head_only.header("content-length") == [str(len(content))]

        run(scenario)

    def test_links_use_the_public_prefix(self) -> None:
        async def where(request: StarletteRequest) -> Response:
            return PlainTextResponse(str(request.url_for("where")))

        app = Starlette(routes=[Route("/where", where)])
        mount = asgi(app, root_path="/plugins/x", scheme="https")
        assert fetch(mount, url="/where").body == b"https://chat.example.com:8065/plugins/x/where"

    def test_base_http_middleware(self) -> None:
        """It wraps `receive` and `send`, and polls for a disconnect while the endpoint runs."""
        routes = [Route("/echo", _echo, methods=["POST"])]
        app = Starlette(routes=routes, middleware=[Middleware(Noop, dispatch=_pass)])
        answer = fetch(asgi(app), "POST", "/echo", [b"a" * CHUNK_BYTES, b"b"])
        assert answer.body == b"a" * CHUNK_BYTES + b"b"
        assert answer.complete


async def _pass(request: StarletteRequest, call_next: Any) -> Response:
    response: Response = await call_next(request)
    return response
