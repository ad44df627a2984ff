"""Does a mounted WSGI application get what PEP 3333 promises?"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from wsgiref.validate import validator

import pytest
from kit.http.host import GONE, Answer, fetch, head, hosted, logged, run
from plugwright_runtime.http import (
    CHUNK_BYTES,
    CONTEXT_KEY,
    ClientDisconnected,
    RequestFrame,
    wsgi,
)

SECRET = "s3cret-detail"


def fetch_from(app: WSGIApplication, *args: Any, **more: Any) -> Answer:
    return fetch(wsgi(app), *args, **more)


class TestEnviron:
    def _environ(self, *args: Any, **more: Any) -> WSGIEnvironment:
        seen: list[WSGIEnvironment] = []

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            seen.append(environ)
            start_response("200 OK", [])
            return []

        fetch(wsgi(app, root_path="/plugins/x/", scheme="https"), *args, **more)
        return seen[0]

    def test_every_key(self) -> None:
        fields = [
            ("Content-Type", "text/plain"),
            ("X-Name", "ü"),
            ("X-Name", "2"),
            ("Cookie", "a=b"),
            ("Cookie", "c=d"),
            ("X_Name", "forged"),
        ]
        more: dict[str, Any] = {
            "headers": fields,
            "context": "u1",
            "request_uri": "/p/a?b",
        }
        environ = self._environ("POST", "/a%20b/%C3%BC%2F?q=%20x", [b"12345"], **more)
        environ = {k: v for k, v in environ.items() if k not in ("wsgi.input", "wsgi.errors")}
        del environ["wsgi.file_wrapper"]
        assert environ == {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "/plugins/x",
            "PATH_INFO": "/a b/\xc3\xbc/",
            "QUERY_STRING": "q=%20x",
            "REQUEST_URI": "/p/a?b",
            "SERVER_NAME": "chat.example.com",
            "SERVER_PORT": "8065",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "10.1.2.3",
            "REMOTE_PORT": "4567",
            "CONTENT_TYPE": "text/plain",
            "CONTENT_LENGTH": "5",
            "HTTP_HOST": "chat.example.com:8065",
            "HTTP_X_NAME": "\xc3\xbc,2",
            "HTTP_COOKIE": "a=b; c=d",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input_terminated": True,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            CONTEXT_KEY: "u1",
        }

    def test_an_unknown_length_is_left_out(self) -> None:
        environ = self._environ("POST", "/", [b"abc"], content_length=-1, host="chat")
        assert "CONTENT_LENGTH" not in environ
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("chat", "443")


class Blocks:
    """A body that knows whether it was closed."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.closed = threading.Event()
        self._blocks = iter(blocks)

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        self.closed.set()


MISUSES: list[list[tuple[str, list[tuple[str, str]]]]] = [
    [],
    [("200 OK", []), ("200 OK", [])],
    [("OK", [])],
    [("1000 Too Much", [])],
    [("200 OK", [("X", "a\r\nb: c")])],
]


class TestPEP3333:
    def test_the_validator_finds_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.errors"].write("a note\n")
            environ["wsgi.errors"].flush()
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [body[:2], body[2:]]

        answer = fetch_from(validator(app), "POST", "/", [b"abc", b"def"])
        assert (answer.status, answer.body, answer.complete) == (200, b"abcdef", True)
        assert [record.getMessage() for record in logged(caplog)] == ["a note"]

    def test_input_reads_like_a_file(self) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            file = environ["wsgi.input"]
            parts = [
                file.read(3),
                file.readline(),
                file.read(0),
                *file.readlines(),
                file.read(),
            ]
            start_response("200 OK", [])
            return [repr(parts).encode()]

        answer = fetch_from(app, "POST", "/", [b"ab", b"cde\nf", b"g\nhi"])
        assert answer.body == b"[b'abc', b'de\\n', b'', b'fg\\n', b'hi', b'']"

    def test_write_and_blocks_leave_in_order_with_flush(self) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            write = start_response("202 Accepted", [("X-Raw", "caf\xc3\xa9")])
            write(b"written ")
            return [b"then ", b"", b"returned"]

        answer = fetch_from(app)
        assert (answer.status, answer.header("x-raw")) == (202, ["café"])
        assert [frame.chunk for frame in answer.frames] == [
            b"written ",
            b"then ",
            b"returned",
            b"",
        ]
        assert [frame.flush for frame in answer.frames] == [True, True, True, False]
        assert answer.complete

    def test_a_single_block_is_a_single_frame(self) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [])
            return [b"all"]

        answer = fetch_from(app)
        assert [(frame.chunk, frame.complete) for frame in answer.frames] == [(b"all", True)]

    def test_start_response_may_come_with_the_first_block(self) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [])
            yield b""
            yield b"late"

        assert fetch_from(app).body == b"late"

    def test_exc_info_replaces_an_unsent_head(self) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [("X-Old", "1")])
            try:
                raise ValueError(SECRET)
            except ValueError:
                start_response("503 Busy", [("X-New", "1")], sys.exc_info())
            return [b"sorry"]

        answer = fetch_from(app)
        assert (answer.status, answer.body) == (503, b"sorry")
        assert answer.header("x-new")
        assert not answer.header("x-old")

    def test_exc_info_after_the_head_raises_again(self, caplog: pytest.LogCaptureFixture) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [])(b"sent")
            try:
                raise ValueError(SECRET)
            except ValueError:
                start_response("503 Busy", [], sys.exc_info())
            return []

        answer = fetch_from(app)
        assert (answer.status, answer.body, answer.code) == (200, b"sent", "INTERNAL")
        assert not answer.complete
        assert SECRET in (logged(caplog)[0].exc_text or "")

    @pytest.mark.parametrize("starts", MISUSES)
    def test_misuse_is_a_500(
        self,
        starts: list[tuple[str, list[tuple[str, str]]]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            for status, headers in starts:
                start_response(status, headers)
            return [b"body"]

        answer = fetch_from(app)
        assert (answer.status, answer.body) == (500, b"Internal Server Error")
        assert len(logged(caplog)) == 1

    @pytest.mark.parametrize("fails", [False, True])
    def test_close_is_always_called(self, fails: bool) -> None:
        def generate() -> Iterator[bytes]:
            yield b"x"
            if fails:
                raise ValueError(SECRET)

        blocks = Blocks(generate())

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [])
            return blocks

        answer = fetch_from(app)
        assert answer.complete != fails
        assert (answer.code == "INTERNAL") == fails
        assert blocks.closed.is_set()

    def test_head_stops_an_endless_body(self) -> None:
        def generate() -> Iterator[bytes]:
            while True:
                yield b"x"

        blocks = Blocks(generate())

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [("Content-Length", "7")])
            return blocks

        answer = fetch_from(app, "HEAD")
        assert (answer.body, answer.complete) == (b"", True)
        assert answer.header("content-length") == ["7"]
        assert blocks.closed.is_set()

    @pytest.mark.parametrize("writing", [False, True])
    def test_a_disconnect_reaches_the_application(self, writing: bool) -> None:
        entered = threading.Event()
        raised: list[type[BaseException]] = []
        closed = threading.Event()

        def generate(file: io.BufferedReader) -> Iterator[bytes]:
            entered.set()
            try:
                while not writing:
                    file.read(1)
                while True:
                    yield b"x" * CHUNK_BYTES
            except BaseException as error:
                raised.append(type(error))
                raise

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [])
            try:
                yield from generate(environ["wsgi.input"])
            finally:
                closed.set()

        async def scenario() -> None:
            async with hosted(wsgi(app)) as (host, plugin):
                call = host.open()
                await call.send(RequestFrame(head("POST")))
                assert await asyncio.to_thread(entered.wait, 5)
                call.disconnect()
                assert isinstance(await plugin.ended.get(), GONE)

        run(scenario)
        assert closed.wait(5)
        assert raised == [GeneratorExit if writing else ClientDisconnected]


def test_error_log_keeps_a_traceback_in_one_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        handler = logging.StreamHandler(environ["wsgi.errors"])
        logger = logging.Logger("application")
        logger.addHandler(handler)
        try:
            raise ValueError(SECRET)
        except ValueError:
            logger.exception("it failed")
        print("printed", file=environ["wsgi.errors"])
        start_response("200 OK", [])
        return []

    fetch_from(app)
    first, second = [record.getMessage() for record in logged(caplog)]
    assert first.startswith("it failed\nTraceback")
    assert first.endswith(SECRET)
    assert second == "printed"
