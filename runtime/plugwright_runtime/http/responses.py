"""What does a handler answer with?

`Response` for a body at hand, `JSONResponse` for data, `StreamingResponse` for a body that comes
piece by piece.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable
from typing import Any, TypeAlias, cast

from .exchange import Exchange, HTTPResult
from .fields import HeaderInput, checked_status, header_pairs
from .request import Request

Block: TypeAlias = bytes | bytearray | memoryview | str
"""A body or a piece of it; strings are sent as UTF-8."""

_TEXT = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"


class Response(HTTPResult):
    """A response whose body is at hand. Content-Length is set, Content-Type too unless `headers`
    has one.

    `status` is 200 to 999, or 0 to leave the choice to the host (200); `ValueError` for anything
    else.
    """

    def __init__(
        self,
        body: Block = b"",
        status: int = 200,
        headers: HeaderInput | None = None,
        *,
        content_type: str | None = None,
    ) -> None:
        self.body = _as_bytes(body)
        self.status = checked_status(status)
        default = content_type or (_TEXT if isinstance(body, str) else _BINARY)
        self.headers = _with_type(headers, default if self.body or content_type else None)

    async def answer(self, exchange: Exchange) -> None:
        headers = self.headers
        # A 304 describes a body that it does not carry, whose length is not known here.
        if self.status != 304 and not _has(headers, "content-length"):
            headers = [*headers, ("Content-Length", str(len(self.body)))]
        exchange.writer.start(self.status, headers)
        await exchange.writer.write(self.body, last=True)


class JSONResponse(Response):
    """A response with `data` as JSON (UTF-8). Raises `TypeError` or `ValueError` for what JSON
    cannot say.
    """

    def __init__(self, data: Any, status: int = 200, headers: HeaderInput | None = None) -> None:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        super().__init__(text, status, headers, content_type="application/json")


class StreamingResponse(HTTPResult):
    """A response whose body is produced while it is sent.

    `blocks` is iterated on the event loop if it is asynchronous, in a thread if not; its `close` or
    `aclose` is always called. Each block leaves at once and, with `flush`, goes through to the
    client before the next one; an empty first block sends the head alone. The request may still be
    read meanwhile.
    """

    def __init__(
        self,
        blocks: Iterable[Block] | AsyncIterable[Block],
        status: int = 200,
        headers: HeaderInput | None = None,
        *,
        content_type: str | None = None,
        flush: bool = True,
    ) -> None:
        self.blocks = blocks
        self.status = checked_status(status)
        self.headers = _with_type(headers, content_type or _BINARY)
        self.flush = flush

    async def answer(self, exchange: Exchange) -> None:
        exchange.writer.start(self.status, self.headers)
        blocks = self.blocks
        if isinstance(blocks, AsyncIterable):
            await self._send(blocks, exchange)
        else:
            await exchange.threads.run(self._send_blocking, blocks, exchange)
        await exchange.writer.write(b"", last=True)

    async def _send(self, blocks: AsyncIterable[Block], exchange: Exchange) -> None:
        try:
            if not exchange.writer.bodiless:
                async for block in blocks:
                    await exchange.writer.write(_as_bytes(block), flush=self.flush)
        finally:
            if (close := getattr(blocks, "aclose", None)) is not None:
                await close()

    def _send_blocking(self, blocks: Iterable[Block], exchange: Exchange) -> None:
        write, block_on = exchange.writer.write, exchange.threads.block_on
        try:
            if not exchange.writer.bodiless:
                for block in blocks:
                    block_on(write(_as_bytes(block), flush=self.flush))
        finally:
            if (close := getattr(blocks, "close", None)) is not None:
                close()


async def not_found(request: Request) -> Response:
    """The handler of a plugin that has none: 404."""
    del request
    return Response("404 page not found\n", 404)


def _as_bytes(block: object) -> bytes:
    if isinstance(block, bytes):
        return block
    if isinstance(block, str):
        return block.encode()
    if isinstance(block, bytearray | memoryview):
        return bytes(cast(bytearray, block))
    raise TypeError(f"a response body is made of bytes or str, not of {type(block).__name__}")


def _with_type(headers: HeaderInput | None, content_type: str | None) -> list[tuple[str, str]]:
    pairs = header_pairs(headers)
    if content_type is not None and not _has(pairs, "content-type"):
        pairs.append(("Content-Type", content_type))
    return pairs


def _has(pairs: list[tuple[str, str]], name: str) -> bool:
    return any(key.lower() == name for key, _ in pairs)
