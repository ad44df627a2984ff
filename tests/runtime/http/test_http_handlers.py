"""Does every form of handler get its request, and does every response reach the host?"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from kit.http.host import fetch, logged
from plugwright_runtime.http import (
    CHUNK_BYTES,
    Handler,
    JSONResponse,
    Request,
    Response,
    StreamingResponse,
    not_found,
)


async def echo(request: Request) -> StreamingResponse:
    return StreamingResponse(request)


def echo_in_thread(request: Request) -> StreamingResponse:
    return StreamingResponse(iter(request))


async def echo_whole(request: Request) -> Response:
    return Response(await request.body())


def echo_whole_in_thread(request: Request) -> Response:
    return Response(request.read())


def echo_file(request: Request) -> StreamingResponse:
    return StreamingResponse(iter(functools.partial(request.file.read, 10_000), b""))


ECHOES: list[Handler] = [
    echo,
    echo_in_thread,
    echo_whole,
    echo_whole_in_thread,
    echo_file,
]


SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 1 << 20]


class TestHandlerForms:
    @pytest.mark.parametrize("handler", ECHOES)
    @pytest.mark.parametrize("size", SIZES)
    def test_bodies_of_every_size_come_back(self, handler: Handler, size: int) -> None:
        body = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
        body = body[:size]
        pieces = [body[i : i + CHUNK_BYTES] for i in range(0, size, CHUNK_BYTES)]
        answer = fetch(handler, "POST", "/echo", pieces)
        assert (answer.status, answer.code) == (200, "OK")
        assert answer.body == body
        assert answer.complete
        assert max(len(frame.chunk) for frame in answer.frames) <= CHUNK_BYTES

    def test_a_whole_response_is_one_frame(self) -> None:
        answer = fetch(not_found)
        assert len(answer.frames) == 1
        assert answer.status == 404
        assert answer.complete
        assert not answer.frames[0].flush

    def test_head_and_query_are_readable(self) -> None:
        seen: list[Request] = []

        def handler(request: Request) -> Response:
            seen.append(request)
            return Response()

        url = "/a%20b/%C3%BC?x=1&x=2&empty=&y=%C3%BC"
        fields = [("X-One", "1"), ("x-one", "2"), ("Cookie", "a=b")]
        fetch(handler, "PUT", url, headers=fields, context="user-7")
        [request] = seen
        assert (request.method, request.url, request.path) == ("PUT", url, "/a b/ü")
        assert request.headers["X-ONE"] == "1"
        assert request.headers.get_all("x-one") == ["1", "2"]
        assert "cookie" in request.headers
        assert "nothing" not in request.headers
        assert dict(request.query) == {"x": "1", "empty": "", "y": "ü"}
        assert request.query.get_all("x") == ["1", "2"]
        assert request.context == "user-7"
        assert request.head.remote_addr == "10.1.2.3:4567"

    def test_json_both_ways(self) -> None:
        async def on_loop(request: Request) -> Response:
            return JSONResponse({"got": await request.json(), "again": await request.json()})

        def in_thread(request: Request) -> Response:
            return JSONResponse({"got": request.read_json(), "again": request.read_json()})

        for handler in (on_loop, in_thread):
            answer = fetch(handler, "POST", "/", [b'{"a":', b'"\xc3\xbc"}'])
            assert answer.body.decode() == '{"got":{"a":"ü"},"again":{"a":"ü"}}'
            assert answer.header("content-type") == ["application/json"]

    def test_where_handlers_run(self) -> None:
        threads: dict[str, int] = {}

        def in_thread(request: Request) -> Response:
            threads["sync"] = threading.get_ident()
            return Response()

        async def on_loop(request: Request) -> Response:
            threads["async"] = threading.get_ident()
            return Response()

        class Callable_:
            async def __call__(self, request: Request) -> Response:
                threads["object"] = threading.get_ident()
                return Response()

        def returns_coroutine(request: Request) -> Any:
            return on_loop(request)

        loop_thread = threading.get_ident()
        for handler in (in_thread, on_loop, Callable_(), returns_coroutine):
            assert fetch(handler).status == 200
        assert threads["sync"] != loop_thread
        assert threads["async"] == threads["object"] == loop_thread

    def test_several_cookies_and_canonical_names(self) -> None:
        cookies = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-THING", "é")]
        answer = fetch(functools.partial(_respond, Response("x", 201, cookies)))
        assert answer.header("set-cookie") == ["a=1", "b=2"]
        assert ("X-Thing", "é") in answer.head.headers
        assert ("Content-Length", "1") in answer.head.headers

    def test_iterating_after_a_whole_read_gives_the_body_again(self) -> None:
        async def handler(request: Request) -> Response:
            first = await request.body()
            again = b"".join([chunk async for chunk in request])
            with pytest.raises(RuntimeError, match="piece by piece"):
                await request.body()
            return Response(first + again)

        assert fetch(handler, "POST", "/", [b"ab", b"c"]).body == b"abcabc"

    def test_blocking_reads_on_the_loop_are_refused(self) -> None:
        async def handler(request: Request) -> Response:
            with pytest.raises(RuntimeError, match="would block the event loop"):
                request.read()
            return Response(await request.body())

        assert fetch(handler, "POST", "/", [b"still here"]).body == b"still here"


async def _respond(response: Response, request: Request) -> Response:
    return response


class TestStatusesAndBodies:
    @pytest.mark.parametrize("status", [0, 200, 418, 999, HTTPStatus.CREATED])
    def test_valid_statuses_pass_as_given(self, status: int) -> None:
        assert fetch(lambda request: Response("x", status)).status == status

    @pytest.mark.parametrize(
        "status", [-1, 1, 99, 100, 101, 103, 199, 1000, True, "200", None, 2.0]
    )
    def test_other_statuses_are_failures(
        self, status: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = fetch(lambda request: Response("x", status))
        assert (answer.status, answer.body) == (500, b"Internal Server Error")
        assert len(logged(caplog)) == 1
        assert "response status" in (logged(caplog)[0].exc_text or "")

    @pytest.mark.parametrize(
        "fields",
        [
            [("X", "a\r\nSet-Cookie: evil=1")],
            [("X\r\nY", "a")],
            [("", "a")],
            [("a b", "a")],
            [("X", "\ud800")],
            [("X", "nul\0")],
            [("Content-Length", "-3")],
            [("X", 3)],
        ],
    )
    def test_headers_that_cannot_be_sent_are_failures(self, fields: Any) -> None:
        answer = fetch(lambda request: Response("x", headers=fields))
        assert (answer.status, answer.body) == (500, b"Internal Server Error")

    @pytest.mark.parametrize("streaming", [False, True])
    @pytest.mark.parametrize(
        ("method", "status", "length"),
        [
            ("HEAD", 200, ["3"]),
            ("GET", 204, []),
            ("GET", 304, ["3"]),
            ("HEAD", 500, ["3"]),
        ],
    )
    def test_responses_without_a_body(
        self, method: str, status: int, length: list[str], streaming: bool
    ) -> None:
        closed = threading.Event()

        def blocks() -> Iterator[bytes]:
            try:
                while True:
                    yield b"abc"
            finally:
                closed.set()

        def handler(request: Request) -> Response | StreamingResponse:
            fields = {"Content-Length": "3"}
            if not streaming:
                return Response("abc", status, fields)
            generator = blocks()
            next(generator)
            return StreamingResponse(generator, status, fields)

        answer = fetch(handler, method)
        assert (answer.status, answer.body, len(answer.frames)) == (status, b"", 1)
        assert answer.complete
        assert answer.header("content-length") == length
        assert closed.is_set() == streaming

    def test_a_declared_length_that_is_reached_completes_the_response(self) -> None:
        async def handler(request: Request) -> StreamingResponse:
            return StreamingResponse([b"ab", "c"], headers={"Content-Length": "3"})

        answer = fetch(handler)
        assert [frame.chunk for frame in answer.frames] == [b"ab", b"c"]
        assert answer.complete

    @pytest.mark.parametrize("length", ["2", "4"])
    def test_a_wrong_declared_length_aborts(
        self, length: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        fields = {"Content-Length": length}
        answer = fetch(lambda request: StreamingResponse([b"a", b"bc"], headers=fields))
        assert answer.code == "INTERNAL"
        assert not answer.complete
        assert "Content-Length" in (logged(caplog)[0].exc_text or "")

    def test_a_wrong_declared_length_of_a_whole_body_is_a_500(self) -> None:
        answer = fetch(lambda request: Response("abc", headers={"Content-Length": "2"}))
        assert (answer.status, answer.code, answer.complete) == (500, "OK", True)
