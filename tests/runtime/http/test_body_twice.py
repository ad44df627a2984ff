"""Is a body whole, however often and with whatever limits a handler asks for it?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from kit.http.host import fetch
from plugwright_runtime.http import BodyTooLarge, Request, RequestFrame, Response, asgi
from plugwright_runtime.http.body import RequestBody

BODY = [b"ab", b"cd", b"ef", b"gh"]


@pytest.mark.parametrize("limit", range(8))
@pytest.mark.parametrize("blocking", [True, False], ids=["def", "async"])
def test_a_body_that_was_too_large_can_be_read_with_a_higher_limit(
    limit: int, blocking: bool
) -> None:
    async def asynchronous(request: Request) -> Response:
        with pytest.raises(BodyTooLarge):
            await request.body(limit=limit)
        return Response(await request.body(limit=8) + await request.body())

    def function(request: Request) -> Response:
        with pytest.raises(BodyTooLarge):
            request.read(limit=limit)
        return Response(request.read(limit=8) + request.read())

    handler: Any = function if blocking else asynchronous
    assert fetch(handler, "POST", "/", BODY).body == b"abcdefgh" * 2


@pytest.mark.parametrize("sent", [[], [("Host", "own")], [("hOST", "own")]], ids=str)
def test_an_application_sees_one_host(sent: list[tuple[str, str]]) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(value for name, value in scope["headers"] if name == b"host")
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b""})

    fetch(asgi(app), "GET", "/", headers=sent, host="other")
    assert seen == [b"own" if sent else b"other"]


def test_what_is_put_back_comes_before_what_has_arrived_since() -> None:
    async def scenario() -> bytes:
        arrived = asyncio.Event()

        async def frames() -> AsyncIterator[RequestFrame]:
            yield RequestFrame(None, b"cd", False)
            arrived.set()
            yield RequestFrame(None, b"ef", True)

        body = RequestBody(RequestFrame(None, b"ab", False), frames())
        first = await body.receive()
        await arrived.wait()
        body.unread(first)
        return b"".join([piece async for piece in _pieces(body)])

    assert asyncio.run(scenario()) == b"abcdef"


async def _pieces(body: RequestBody) -> AsyncIterator[bytes]:
    while piece := await body.receive():
        yield piece
