"""What does a handler see of an HTTP request?

`Request`: the head as plain attributes, the body as it arrives. A coroutine handler awaits `body()`
and `json()` or iterates with `async for`; a blocking handler, which runs in a thread, calls
`read()` and `read_json()`, iterates with `for`, or uses `file`.
"""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from typing import Any, BinaryIO, Final, cast
from urllib.parse import parse_qsl, unquote

from .body import RequestBody
from .errors import BodyTooLarge
from .fields import Headers, MultiDict, split_target
from .frames import CHUNK_BYTES, RequestHead
from .threads import ThreadBridge

BODY_LIMIT: Final = 100 * 1024 * 1024
"""Bytes that `body`, `json` and their twins collect in memory unless told otherwise."""


class Request:
    """One HTTP request. Valid until the response is complete; reads then raise
    `ClientDisconnected`.
    """

    def __init__(self, head: RequestHead, body: RequestBody, threads: ThreadBridge) -> None:
        self.head = head
        """All that the host sent before the body."""
        self.method = head.method
        self.url = head.url
        self.headers = Headers(head.headers)
        self.context = head.context
        """The plugin context of the call: the type is that of the SDK."""
        self.scheme, self.raw_path, self.query_string = split_target(head.url)
        self.path = unquote(self.raw_path)
        """The decoded path, as the host passes it on (a plugin's own prefix is usually cut off)."""
        self._body = body
        self._threads = threads
        self._iterated = False

    @cached_property
    def query(self) -> MultiDict:
        """The decoded query parameters: `query["a"]` is the first value, `query.get_all("a")` are
        all.
        """
        return MultiDict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def disconnected(self) -> bool:
        """The client has gone: a long computation may stop."""
        return self._body.gone

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"

    # -- in coroutine handlers

    async def body(self, *, limit: int | None = BODY_LIMIT) -> bytes:
        """The whole body; the same bytes each time, also after it was too large. Raises
        `BodyTooLarge` over `limit` bytes, `ClientDisconnected`.
        """
        if self._iterated:
            raise RuntimeError("the request body was already read piece by piece")
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := await self._body.receive():
                chunks.append(chunk)
                size += len(chunk)
                if limit is not None and size > limit:
                    raise BodyTooLarge(limit)
        finally:
            data = b"".join(chunks)
            self._body.unread(data)
        return data

    async def json(self, *, limit: int | None = BODY_LIMIT) -> Any:
        """The body decoded from JSON. Raises `ValueError` if it is none, and what `body` raises."""
        return json.loads(await self.body(limit=limit))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive, none of them empty."""
        while chunk := await self.receive():
            yield chunk

    async def receive(self) -> bytes:
        """The next piece of the body, `b""` at its end."""
        self._iterated = True
        return await self._body.receive()

    # -- in blocking handlers

    def read(self, *, limit: int | None = BODY_LIMIT) -> bytes:
        """Blocking twin of `body`."""
        return self._threads.block_on(self.body(limit=limit))

    def read_json(self, *, limit: int | None = BODY_LIMIT) -> Any:
        """Blocking twin of `json`."""
        return json.loads(self.read(limit=limit))

    def __iter__(self) -> Iterator[bytes]:
        """Blocking twin of `async for`."""
        while chunk := self._threads.block_on(self.receive()):
            yield chunk

    @cached_property
    def file(self) -> BinaryIO:
        """The body as a blocking binary file: `read(n)`, `readline()`,
        `shutil.copyfileobj(request.file, target)`.
        """
        return cast(BinaryIO, io.BufferedReader(_BodyFile(self), CHUNK_BYTES))

    def receive_blocking(self) -> bytes:
        """Blocking twin of `receive`."""
        return self._threads.block_on(self.receive())


class _BodyFile(io.RawIOBase):
    """The raw file under `Request.file`."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        chunk = self._rest or self._request.receive_blocking()
        size = min(len(buffer), len(chunk))
        buffer[:size] = chunk[:size]
        self._rest = chunk[size:]
        return size
