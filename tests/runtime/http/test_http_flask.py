"""Does a Flask application run unmodified behind the stream?"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.types import WSGIApplication

import pytest
from flask import Flask, request, send_file, stream_with_context
from kit.http.host import Answer, fetch, head, hosted, run
from plugwright_runtime.http import (
    CHUNK_BYTES,
    CONTEXT_KEY,
    RequestFrame,
    wsgi,
)

SECRET = "s3cret-detail"


def fetch_from(app: WSGIApplication, *args: Any, **more: Any) -> Answer:
    return fetch(wsgi(app), *args, **more)


FLASK = Flask(__name__)


_flask: dict[str, threading.Event] = {}


@FLASK.route("/items/<int:item>")
def _item(item: int) -> Any:
    return {
        "item": item,
        "q": request.args.get("q"),
        "context": request.environ[CONTEXT_KEY],
    }


@FLASK.route("/echo", methods=["POST"])
def _echo() -> Any:
    def blocks() -> Iterator[bytes]:
        while chunk := request.stream.read(CHUNK_BYTES):
            yield chunk

    return stream_with_context(blocks()), 201, {"X-App": "flask"}


@FLASK.route("/form", methods=["POST"])
def _form() -> Any:
    file = request.files["file"]
    return {
        "name": file.filename,
        "size": len(file.read()),
        "note": request.form["note"],
    }


@FLASK.route("/slow")
def _slow() -> Any:
    def blocks() -> Iterator[str]:
        yield "first"
        _flask["gate"].wait(5)
        yield "second"

    return blocks()


@FLASK.route("/broken")
def _broken() -> Any:
    raise ValueError(SECRET)


@FLASK.route("/file")
def _file() -> Any:
    return send_file(__file__, mimetype="text/plain")


@FLASK.route("/big-file")
def _big_file() -> Any:
    return send_file(io.BytesIO(b"f" * (1 << 20)), mimetype="application/octet-stream")


class TestFlask:
    def test_json_query_and_context(self) -> None:
        answer = fetch_from(FLASK, url="/items/7?q=%C3%BC", context="u1")
        assert answer.header("content-type") == ["application/json"]
        assert answer.body.decode() == '{"context":"u1","item":7,"q":"\\u00fc"}\n'

    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 << 20])
    @pytest.mark.parametrize("known", [False, True])
    def test_bodies_stream_both_ways(self, size: int, known: bool) -> None:
        body = [b"y" * min(CHUNK_BYTES, size - at) for at in range(0, size, CHUNK_BYTES)]
        length = size if known else -1
        answer = fetch_from(FLASK, "POST", "/echo", body, content_length=length)
        assert (answer.status, answer.header("x-app")) == (201, ["flask"])
        assert answer.body == b"".join(body)
        assert answer.complete

    def test_multipart_form(self) -> None:
        size = 2 << 20
        content = (
            b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
            + b"z" * size
            + b"\r\n--b--\r\n"
        )
        body = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)]
        fields = [("Content-Type", "multipart/form-data; boundary=b")]
        answer = fetch_from(FLASK, "POST", "/form", body, headers=fields)
        assert answer.body.decode() == f'{{"name":"a.bin","note":"hello","size":{size}}}\n'

    def test_the_first_block_arrives_before_the_second_exists(self) -> None:
        async def scenario() -> None:
            gate = _flask["gate"] = threading.Event()
            async with hosted(wsgi(FLASK)) as (host, _):
                call = host.open()
                await call.send(RequestFrame(head(url="/slow"), complete=True))
                first = await asyncio.wait_for(call.read(), 4)
                assert first is not None
                assert first.head is not None
                assert (first.chunk, first.flush) == (b"first", True)
                gate.set()
                rest = await call.answer()
                assert rest.body == b"second"
                assert rest.complete

        run(scenario)

    def test_a_view_that_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        answer = fetch_from(FLASK, url="/broken")
        assert (answer.status, answer.code, answer.complete) == (500, "OK", True)
        assert SECRET not in repr(answer.frames)
        assert SECRET in caplog.text

    def test_files_ranges_and_head(self) -> None:
        with open(__file__, "rb") as file:
            content = file.read()
        whole = fetch_from(FLASK, url="/file")
        assert whole.body == content
        assert whole.complete
        part = fetch_from(FLASK, url="/file", headers=[("Range", "bytes=2-4")])
        assert (part.status, part.body) == (206, content[2:5])
        head_only = fetch_from(FLASK, "HEAD", "/file")
        assert (head_only.body, head_only.complete) == (b"", True)
        assert head_only.header("content-length") == [str(len(content))]

    def test_files_leave_in_full_frames(self) -> None:
        answer = fetch_from(FLASK, url="/big-file")
        assert len(answer.body) == 1 << 20
        assert {len(frame.chunk) for frame in answer.frames if frame.chunk} == {CHUNK_BYTES}

    def test_links_use_the_public_prefix(self) -> None:
        app = Flask("linked")

        @app.route("/where")
        def where() -> Any:
            from flask import url_for

            return url_for("where", _external=True)

        answer = fetch(wsgi(app, root_path="/plugins/x", scheme="https"), url="/where")
        assert answer.body == b"https://chat.example.com:8065/plugins/x/where"

    def test_fifty_at_once_in_four_threads(self) -> None:
        async def scenario() -> None:
            async with hosted(wsgi(FLASK), workers=4) as (host, _):
                answers = await asyncio.gather(*(host.fetch(url=f"/items/{i}") for i in range(50)))
                assert all(f'"item":{i},'.encode() in a.body for i, a in enumerate(answers))

        run(scenario)
