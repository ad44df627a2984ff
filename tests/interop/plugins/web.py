"""Answers HTTP in every way the tests ask for, by path; `/peak` tells the memory it needed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import resource
import time
from collections.abc import AsyncIterator, Coroutine, Iterator

from fastapi import FastAPI
from fastapi import Request as FastAPIRequest
from flask import Flask
from flask import request as flask_request
from mattermost_plugin import (
    HookName,
    HTTPResult,
    JSONResponse,
    Plugin,
    Request,
    Response,
    StreamingResponse,
    asgi,
    hook,
    models,
    run_plugin,
    wsgi,
)

BLOCK = bytes(range(256)) * 256


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    logging.getLogger("web").warning("the application was told to end")


fast = FastAPI(lifespan=lifespan)
flask = Flask("web")


@fast.post("/fast/sum")
async def fast_sum(request: FastAPIRequest) -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


@flask.post("/flask/sum")
def flask_sum() -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    while chunk := flask_request.stream.read(65536):
        digest.update(chunk)
        size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


class Web(Plugin):
    def __init__(self) -> None:
        self.fast = asgi(fast)
        self.flask = wsgi(flask)
        self.cancelled = 0

    @hook(HookName.ServeHTTP)
    async def serve_http(self, request: Request) -> HTTPResult:
        if request.path.startswith("/fast/"):
            return self.fast(request)
        if request.path.startswith("/flask/"):
            return self.flask(request)
        handler = getattr(self, request.path.strip("/").replace("/", "_"), None)
        if handler is None:
            return Response("no such page", 404)
        result: HTTPResult | Coroutine[None, None, HTTPResult] = handler(request)
        return result if isinstance(result, HTTPResult) else await result

    async def sum(self, request: Request) -> HTTPResult:
        digest, size = hashlib.sha256(), 0
        async for chunk in request:
            digest.update(chunk)
            size += len(chunk)
        return JSONResponse({"size": size, "sha256": digest.hexdigest()})

    def download(self, request: Request) -> HTTPResult:
        """`size` bytes, made by a coroutine or, with `thread`, in a thread."""
        size = int(request.query["size"])
        blocks = self.thread_blocks(size) if "thread" in request.query else self.blocks(size)
        return StreamingResponse(blocks, flush=False)

    async def blocks(self, size: int) -> AsyncIterator[bytes]:
        for block in self.thread_blocks(size):
            yield block

    def thread_blocks(self, size: int) -> Iterator[bytes]:
        while size > 0:
            yield BLOCK[:size]
            size -= len(BLOCK)

    async def early(self, request: Request) -> HTTPResult:
        """Answers before the upload is complete, and ends when it is."""

        async def lines() -> AsyncIterator[bytes]:
            yield b"started\n"
            size = 0
            async for chunk in request:
                size += len(chunk)
            yield b"%d\n" % size

        return StreamingResponse(lines())

    def slow(self, request: Request) -> HTTPResult:
        """The second line comes when the handler is told so by the API."""

        async def lines() -> AsyncIterator[str]:
            yield "first\n"
            await self.aio.kv_get("gate", timeout=20)
            yield "second\n"

        return StreamingResponse(lines())

    async def forever(self, request: Request) -> HTTPResult:
        try:
            await self.aio.kv_set("forever", b"begun")
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            self.logger.warning("handler cancelled")
            raise
        return Response()

    def status(self, request: Request) -> HTTPResult:
        return Response("body", int(request.query["code"]))

    def broken(self, request: Request) -> HTTPResult:
        raise ValueError("a secret of the handler")

    def broken_late(self, request: Request) -> HTTPResult:
        def blocks() -> Iterator[str]:
            yield "begun"
            raise ValueError("a secret of the handler")

        return StreamingResponse(blocks())

    def peak(self, request: Request) -> HTTPResult:
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return JSONResponse({"mib": kib / 1024, "cancelled": self.cancelled})

    def tasks(self, request: Request) -> HTTPResult:
        return JSONResponse(len(asyncio.all_tasks()))

    def echo(self, request: Request) -> HTTPResult:
        return Response(json.dumps([request.method, request.query["n"]]))

    @hook(HookName.FileWillBeUploaded)
    def file(
        self,
        plugin_context: models.PluginContext,
        file_info: models.FileInfo,
        file_content: bytes,
    ) -> tuple[models.FileInfo, bytes]:
        time.sleep(0)
        file_info.size = len(file_content) * 2
        return file_info, file_content * 2


if __name__ == "__main__":
    run_plugin(Web)
