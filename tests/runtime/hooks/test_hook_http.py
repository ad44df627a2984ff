"""Does the HTTP hook of a plugin meet the wire: heads, headers, bodies, and no handler at all?

How a handler's response becomes frames is tested with the HTTP engine; this is about the messages
of the stream that carry them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
import pytest
from kit.mattermost.facts import message_class
from kit.mattermost.hooks import SERVICE, Host, hosted
from kit.mattermost.values import Tree, filled, to_model, to_pb
from mattermost_plugin import (
    HookName,
    HookRegistrationError,
    JSONResponse,
    Plugin,
    Request,
    Response,
    StreamingResponse,
    asgi,
    hook,
    models,
    wsgi,
)

INIT: Tree = {
    "method": "POST",
    "url": "/a%20b?x=1&x=2",
    "proto": "HTTP/1.1",
    "proto_major": 1,
    "proto_minor": 1,
    "headers": [
        {"key": "X-Many", "values": ["one", "two"]},
        {"key": "Content-Type", "values": ["text/plain"]},
    ],
    "host": "chat.example",
    "remote_addr": "192.0.2.1:5",
    "request_uri": "/plugins/p/a%20b?x=1&x=2",
    "content_length": 6,
}


def stream(host: Host, requests: Iterable[Tree]) -> Any:
    """The answers to a stream of requests, as they arrive."""
    call = host.channel.stream_stream(
        f"/{SERVICE}/ServeHTTP",
        request_serializer=lambda tree: to_pb("ServeHTTPRequest", tree).SerializeToString(),
        response_deserializer=message_class("ServeHTTPResponse").FromString,
    )
    return call(iter(requests), timeout=20)


def exchange(host: Host, *requests: Tree) -> tuple[int, dict[str, list[str]], bytes]:
    """Status, headers and body of the answer."""
    answers = list(stream(host, requests))
    head = answers[0].init
    assert answers[-1].body_complete
    headers = {h.key: list(h.values) for h in head.headers}
    return head.status_code, headers, b"".join(a.body_chunk for a in answers)


WHOLE = {"init": INIT, "body_chunk": b"abcdef", "body_complete": True}


def served(handler: Any) -> Any:
    return hosted(type("Web", (Plugin,), {"web": hook(HookName.ServeHTTP)(handler)})())


def describe(request: Request, body: bytes) -> JSONResponse:
    return JSONResponse(
        {
            "method": request.method,
            "path": request.path,
            "query": request.query.get_all("x"),
            "many": request.headers.get_all("x-many"),
            "proto": [request.head.proto, request.head.proto_major],
            "from": [request.head.host, request.head.remote_addr],
            "uri": request.head.request_uri,
            "length": request.head.content_length,
            "body": body.decode(),
        },
        201,
        [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    )


class Blocking(Plugin):
    @hook(HookName.ServeHTTP)
    def web(self, request: Request) -> Response:
        return describe(request, request.read())


class Coroutine(Plugin):
    @hook("ServeHTTP")
    async def web(self, request: Request) -> Response:
        return describe(request, await request.body())


@pytest.mark.parametrize("plugin", [Blocking, Coroutine])
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_request_and_its_answer(plugin, pieces):
    parts: list[Tree] = [WHOLE]
    if pieces == 3:
        parts = [
            {"init": INIT},
            {"body_chunk": b"abc"},
            {"body_chunk": b"def", "body_complete": True},
        ]
    with hosted(plugin()) as host:
        status, headers, body = exchange(host, *parts)
    assert status == 201
    assert headers["Set-Cookie"] == ["a=1", "b=2"]
    assert headers["Content-Type"] == ["application/json"]
    assert body == (
        b'{"method":"POST","path":"/a b","query":["1","2"],"many":["one","two"],'
        b'"proto":["HTTP/1.1",1],"from":["chat.example","192.0.2.1:5"],'
        b'"uri":"/plugins/p/a%20b?x=1&x=2","length":6,"body":"abcdef"}'
    )


def test_the_plugin_context_is_the_model():
    tree = filled("PluginContext")
    seen = []

    async def handler(self: Plugin, request: Request) -> Response:
        seen.append(request.context)
        return Response()

    with served(handler) as host:
        exchange(host, {"init": {**INIT, "plugin_context": tree}, "body_complete": True})
        exchange(host, {"init": INIT, "body_complete": True})
    assert seen == [to_model("PluginContext", tree), models.PluginContext()]


def test_a_body_goes_back_and_forth_while_both_are_open():
    """The answer to each piece arrives before the next one is sent."""

    async def echo(self: Plugin, request: Request) -> StreamingResponse:
        async def blocks() -> Any:
            async for piece in request:
                yield piece.upper()

        return StreamingResponse(blocks())

    arrived: list[bytes] = []
    turn = threading.Semaphore(0)

    def requests() -> Iterator[Tree]:
        yield {"init": INIT}
        for i in range(3):
            yield {"body_chunk": b"piece%d" % i}
            assert turn.acquire(timeout=10)
            assert arrived[-1] == b"PIECE%d" % i
        yield {"body_complete": True}

    with served(echo) as host:
        for answer in stream(host, requests()):
            if answer.body_chunk:
                assert answer.flush
                arrived.append(answer.body_chunk)
                turn.release()
    assert arrived == [b"PIECE0", b"PIECE1", b"PIECE2"]


def test_without_a_handler_the_answer_is_404():
    with hosted(type("Bare", (Plugin,), {})()) as host:
        assert exchange(host, WHOLE)[0] == 404
        assert exchange(host, {"init": INIT}, {"body_complete": True})[0] == 404
        assert host.call("Implemented").hooks == []
        assert host.records == []


def test_a_failing_handler_is_a_500_that_tells_nothing():
    def fail(self: Plugin, request: Request) -> Response:
        raise ValueError("secret")

    with served(fail) as host:
        status, _, body = exchange(host, WHOLE)
        (record,) = host.records
    assert (status, body) == (500, b"Internal Server Error")
    assert record.exc_info is not None


@pytest.mark.parametrize("requests", [[], [{"body_chunk": b"x"}], [{"body_complete": True}]])
def test_a_stream_without_a_head_is_refused(requests):
    with hosted(Coroutine()) as host:
        with pytest.raises(grpc.RpcError) as caught:
            exchange(host, *requests)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_cancellation_by_the_host_reaches_the_handler():
    started, cancelled = threading.Event(), threading.Event()

    async def wait(self: Plugin, request: Request) -> Response:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Response()

    with served(wait) as host:
        call = stream(host, [WHOLE])
        assert started.wait(10)
        call.cancel()
        assert cancelled.wait(10)


def test_the_environment_does_not_limit_http(monkeypatch):
    monkeypatch.setenv("MATTERMOST_PLUGIN_HOOK_TIMEOUT", "0.01")

    async def slow(self: Plugin, request: Request) -> Response:
        await asyncio.sleep(0.05)
        return Response("done")

    with served(slow) as host:
        assert exchange(host, WHOLE)[2] == b"done"
        assert host.records == []


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    start_response("202 Accepted", [])
    return [environ["PATH_INFO"].encode()]


@pytest.mark.parametrize("mount", [asgi(asgi_app), wsgi(wsgi_app)], ids=["asgi", "wsgi"])
def test_a_mounted_application_is_a_handler(mount):
    with served(mount) as host:
        status, _, body = exchange(host, WHOLE)
        assert host.call("Implemented").hooks == ["ServeHTTP"]
    assert (status, body) == (202, b"/a b")


def test_http_has_no_time_limit_to_set():
    decorate: Any = hook
    with pytest.raises(HookRegistrationError, match="ServeHTTP has no timeout"):
        decorate(HookName.ServeHTTP, timeout=5)(lambda self, request: Response())
