"""Which applications does the memory test drive?

A program: `python -m kit.http.apps NAME` serves one on a printed port.

Each application has `/count` (reads a body, answers its size), `/zeros?size=N` (sends N bytes) and
`/peak` (the peak resident memory of this process in KiB).
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import Flask
from flask import request as flask_request
from kit.http.host import Plugin
from plugwright_runtime.http import (
    Handler,
    Request,
    Response,
    StreamingResponse,
    asgi,
    close_mounts,
    wsgi,
)
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse
from starlette.responses import Response as StarletteResponse
from starlette.responses import StreamingResponse as StarletteStreaming
from starlette.routing import Route

ZEROS = bytes(100_000)  # not a multiple of the frame size


def peak() -> str:
    status = Path("/proc/self/status")
    if not status.exists():
        return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    # On Linux `ru_maxrss` begins with the memory of the process that forked this one.
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return line.split()[1]


def zeros(size: int) -> Iterator[bytes]:
    while size > 0:
        yield ZEROS[:size]
        size -= len(ZEROS)


async def async_zeros(size: int) -> AsyncIterator[bytes]:
    for block in zeros(size):
        yield block


async def plain_async(request: Request) -> Response | StreamingResponse:
    if request.path == "/zeros":
        return StreamingResponse(async_zeros(int(request.query["size"])))
    size = 0
    async for chunk in request:
        size += len(chunk)
    return Response(peak() if request.path == "/peak" else str(size))


def plain_sync(request: Request) -> Response | StreamingResponse:
    if request.path == "/zeros":
        return StreamingResponse(zeros(int(request.query["size"])))
    size = sum(len(chunk) for chunk in request)
    return Response(peak() if request.path == "/peak" else str(size))


async def _starlette(request: StarletteRequest) -> StarletteResponse:
    if request.url.path == "/zeros":
        return StarletteStreaming(async_zeros(int(request.query_params["size"])))
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return PlainTextResponse(peak() if request.url.path == "/peak" else str(size))


flask_app = Flask(__name__)


@flask_app.route("/<path:path>", methods=["GET", "POST"])
def _flask(path: str) -> Any:
    if path == "zeros":
        return zeros(int(flask_request.args["size"]))
    size = 0
    while chunk := flask_request.stream.read(100_000):
        size += len(chunk)
    return peak() if path == "peak" else str(size)


APPS: dict[str, Handler] = {
    "async": plain_async,
    "sync": plain_sync,
    "starlette": asgi(Starlette(routes=[Route("/{path}", _starlette, methods=["GET", "POST"])])),
    "flask": wsgi(flask_app),
}


async def main(name: str) -> None:
    server, port = await Plugin(APPS[name], ThreadPoolExecutor(8)).listen()
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)  # the test ends it by closing the pipe
    await close_mounts()
    await server.stop(None)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
