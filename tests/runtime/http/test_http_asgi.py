"""Does a mounted ASGI application get what the protocol promises, and no more?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kit.http.host import GONE, fetch, head, hosted, logged, run
from plugwright_runtime.http import (
    CONTEXT_KEY,
    ASGIMount,
    Request,
    RequestFrame,
    asgi,
    close_mounts,
)
from plugwright_runtime.http import Response as PluginResponse
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

SECRET = "s3cret-detail"


def capture(**options: Any) -> tuple[ASGIMount, list[dict[str, Any]]]:
    """A mount of a plain application that keeps its scopes."""
    scopes: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        scopes.append(scope)
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"ok"})

    return asgi(app, **options), scopes


class TestScope:
    def test_every_key(self) -> None:
        mount, scopes = capture(root_path="/plugins/com.example/")
        answer = fetch(
            mount,
            "POST",
            "/a%20b/%C3%BC?q=%20x",
            [b"12345"],
            headers=[("X-Name", "ü"), ("Cookie", "a=b"), ("Cookie", "c=d")],
            context={"user": "u1"},
            proto="HTTP/2.0",
            proto_major=2,
            proto_minor=0,
        )
        assert answer.body == b"ok"
        [scope] = scopes
        assert scope == {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "2",
            "method": "POST",
            "scheme": "http",
            "path": "/plugins/com.example/a b/ü",
            "raw_path": b"/plugins/com.example/a%20b/%C3%BC",
            "query_string": b"q=%20x",
            "root_path": "/plugins/com.example",
            "headers": [
                (b"host", b"chat.example.com:8065"),
                (b"x-name", "ü".encode()),
                (b"cookie", b"a=b"),
                (b"cookie", b"c=d"),
                (b"content-length", b"5"),
            ],
            "client": ("10.1.2.3", 4567),
            "server": ("chat.example.com", 8065),
            "extensions": {},
            "state": {},
            CONTEXT_KEY: {"user": "u1"},
        }

    def test_what_a_host_may_leave_out(self) -> None:
        mount, scopes = capture(scheme="https")
        fetch(mount, "GET", "", host="chat", remote_addr="@", content_length=-1)
        [scope] = scopes
        assert (scope["path"], scope["raw_path"], scope["query_string"]) == (
            "/",
            b"/",
            b"",
        )
        assert (scope["server"], scope["client"]) == (("chat", 443), None)
        assert (scope["scheme"], scope["http_version"]) == ("https", "1.1")
        assert scope["headers"] == [(b"host", b"chat")]

    def test_a_websocket_is_refused(self) -> None:
        mount, scopes = capture()
        fields = [("Connection", "Upgrade"), ("Upgrade", "WebSocket")]
        answer = fetch(mount, headers=fields)
        assert (answer.status, scopes) == (501, [])
        assert b"WebSockets" in answer.body

    def test_a_handler_can_choose_an_application(self) -> None:
        mount, scopes = capture()

        async def handler(request: Request) -> Any:
            if request.path == "/health":
                return PluginResponse("fine")
            await request.body()  # the application still sees the body
            return mount(request)

        assert fetch(handler, url="/health").body == b"fine"
        assert fetch(handler, url="/app").body == b"ok"
        assert [scope["path"] for scope in scopes] == ["/app"]


START: dict[str, Any] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"x-raw", b"caf\xe9")],
}


BODY: dict[str, Any] = {"type": "http.response.body", "body": b"abc"}


MORE: dict[str, Any] = {"type": "http.response.body", "body": b"abc", "more_body": True}


class TestProtocol:
    """Applications that are badly behaved."""

    def _app(self, *messages: dict[str, Any]) -> ASGIMount:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                raise NotImplementedError
            for message in messages:
                await send(message)

        return asgi(app)

    def test_header_bytes_that_are_no_utf8_become_latin1(self) -> None:
        assert fetch(self._app(START, BODY)).header("x-raw") == ["café"]

    def test_no_flush_for_a_whole_body_and_flush_for_pieces(self) -> None:
        whole = fetch(self._app(START, BODY))
        assert [(frame.flush, frame.complete) for frame in whole.frames] == [(False, True)]
        pieces = fetch(self._app(START, MORE, BODY))
        assert [frame.flush for frame in pieces.frames] == [True, False]

    @pytest.mark.parametrize(
        "messages",
        [
            (),
            (START,),
            (BODY,),
            (START, {"type": "http.response.push"}),
            ({"type": "http.response.start", "status": 1000}, BODY),
            (
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"a\n", b"")],
                },
                BODY,
            ),
        ],
    )
    def test_wrong_messages_before_the_first_byte_are_a_500(
        self, messages: tuple[Any, ...], caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = fetch(self._app(*messages))
        assert (answer.status, answer.body) == (500, b"Internal Server Error")
        assert len(logged(caplog)) == 1

    @pytest.mark.parametrize(
        "messages",
        [(START, MORE), (START, MORE, START), (START, MORE, {"type": "nonsense"})],
    )
    def test_wrong_messages_after_the_first_byte_abort(
        self, messages: tuple[Any, ...], caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = fetch(self._app(*messages))
        assert (answer.code, answer.body, answer.complete) == (
            "INTERNAL",
            b"abc",
            False,
        )
        assert len(logged(caplog)) == 1

    def test_sys_exit_does_not_end_the_plugin(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise SystemExit(3)

        assert fetch(asgi(app)).status == 500


class TestLifespan:
    def test_once_per_process_with_state_and_shutdown(self) -> None:
        events: list[str] = []

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncGenerator[dict[str, Any]]:
            events.append("startup")
            yield {"database": "open", "seen": []}
            events.append("shutdown")

        async def endpoint(request: StarletteRequest) -> Response:
            request.state.seen.append(request.url.path)
            request.state.only_here = True
            return PlainTextResponse(f"{request.state.database} {len(request.state.seen)}")

        mount = asgi(Starlette(routes=[Route("/{p}", endpoint)], lifespan=lifespan))

        async def scenario() -> list[bytes]:
            async with hosted(mount) as (host, _):
                together = await asyncio.gather(*(host.fetch(url=f"/{i}") for i in range(5)))
                assert events == ["startup"]
                await close_mounts()
                assert events == ["startup", "shutdown"]
                return [answer.body for answer in together]

        assert sorted(run(scenario)) == [b"open %d" % i for i in range(1, 6)]
        # The same module-level application serves again, on the loop of the next test.
        events.clear()
        run(scenario)
        assert events == ["startup", "shutdown"]

    def test_a_startup_that_fails_is_a_500(self, caplog: pytest.LogCaptureFixture) -> None:
        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncGenerator[None]:
            raise ValueError(SECRET)
            yield

        answer = fetch(asgi(Starlette(lifespan=lifespan)))
        assert (answer.status, answer.body) == (500, b"Internal Server Error")
        assert SECRET in caplog.text

    def test_a_shutdown_that_hangs_is_cancelled(self, caplog: pytest.LogCaptureFixture) -> None:
        cancelled: list[bool] = []

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncGenerator[None]:
            yield
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        async def scenario() -> None:
            async with hosted(asgi(Starlette(lifespan=lifespan))) as (host, _):
                await host.fetch()
                await close_mounts(grace=0.05)

        run(scenario)
        assert cancelled == [True]
        [record] = logged(caplog)
        assert "did not shut down" in record.getMessage()

    def test_a_client_that_leaves_during_startup_does_not_disturb_it(self) -> None:
        async def scenario() -> None:
            entered, release = asyncio.Event(), asyncio.Event()

            @asynccontextmanager
            async def lifespan(app: Starlette) -> AsyncGenerator[None]:
                entered.set()
                await release.wait()
                yield

            async with hosted(asgi(Starlette(lifespan=lifespan))) as (host, plugin):
                call = host.open()
                await call.send(RequestFrame(head(), complete=True))
                await asyncio.wait_for(entered.wait(), 5)
                call.disconnect()
                assert isinstance(await plugin.ended.get(), GONE)
                release.set()
                assert (await host.fetch()).status == 404

        run(scenario)

    def test_early_start(self) -> None:
        started: list[bool] = []

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncGenerator[None]:
            started.append(True)
            yield

        async def scenario() -> None:
            mount = asgi(Starlette(lifespan=lifespan))
            async with hosted(mount) as (host, _):
                await mount.start(logging.getLogger("tests.http"))
                assert started == [True]
                assert (await host.fetch()).status == 404
                assert started == [True]

        run(scenario)
