"""Does a FastAPI application run unmodified behind the stream?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import BackgroundTasks, FastAPI, File, UploadFile
from fastapi import Request as FastAPIRequest
from kit.http.host import fetch, hosted, run
from plugwright_runtime.http import (
    CHUNK_BYTES,
    CONTEXT_KEY,
    asgi,
)
from starlette.responses import StreamingResponse

FASTAPI = FastAPI()


_done: list[int] = []


@FASTAPI.get("/items/{item}")
def _item(item: int, request: FastAPIRequest, q: str = "none") -> dict[str, Any]:
    thread = threading.current_thread() is not threading.main_thread()
    return {
        "item": item,
        "q": q,
        "in_thread": thread,
        "context": request.scope[CONTEXT_KEY],
    }


@FASTAPI.post("/upload")
async def _upload(file: Annotated[UploadFile, File()], tasks: BackgroundTasks) -> dict[str, Any]:
    data = await file.read()
    tasks.add_task(_done.append, len(data))
    return {"name": file.filename, "size": len(data)}


@FASTAPI.get("/lines")
def _lines() -> Any:
    def blocks() -> Iterator[str]:
        for number in range(3):
            yield f"{number}\n"

    return StreamingResponse(blocks())


class TestFastAPI:
    def test_parameters_threads_and_context(self) -> None:
        answer = fetch(asgi(FASTAPI), url="/items/7?q=%C3%BC", context="u1")
        assert answer.body.decode() == '{"item":7,"q":"ü","in_thread":true,"context":"u1"}'

    def test_validation_errors_are_the_applications(self) -> None:
        answer = fetch(asgi(FASTAPI), url="/items/seven")
        assert answer.status == 422
        assert b"int_parsing" in answer.body

    def test_multipart_upload_with_background_task(self) -> None:
        size = 2 << 20
        content = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
            + b"z" * size
            + b"\r\n--b--\r\n"
        )
        body = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)]
        fields = [("Content-Type", "multipart/form-data; boundary=b")]
        answer = fetch(asgi(FASTAPI), "POST", "/upload", body, headers=fields)
        assert answer.body.decode() == f'{{"name":"a.bin","size":{size}}}'
        assert _done.pop() == size

    def test_a_blocking_generator_streams(self) -> None:
        answer = fetch(asgi(FASTAPI), url="/lines")
        assert [frame.chunk for frame in answer.frames if frame.chunk] == [
            b"0\n",
            b"1\n",
            b"2\n",
        ]

    def test_openapi_is_served_under_the_prefix(self) -> None:
        answer = fetch(asgi(FASTAPI, root_path="/plugins/x"), url="/docs")
        assert b"/plugins/x/openapi.json" in answer.body

    def test_fifty_at_once(self) -> None:
        async def scenario() -> None:
            async with hosted(asgi(FASTAPI)) as (host, _):
                answers = await asyncio.gather(*(host.fetch(url=f"/items/{i}") for i in range(50)))
                assert all(f'"item":{i},'.encode() in a.body for i, a in enumerate(answers))

        run(scenario)
