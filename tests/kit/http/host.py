"""What is on the other end of the HTTP stream in these tests?

A real grpc.aio server that serves a handler, and a host that calls it over loopback. Frames travel
as JSON and bytes, an encoding of the tests' own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from plugwright_runtime import http
from plugwright_runtime.http import (
    RequestFrame,
    RequestHead,
    ResponseFrame,
    ResponseHead,
)

if TYPE_CHECKING:
    import pytest

# grpcio ships no types.
grpc: Any = import_module("grpc")
aio: Any = import_module("grpc.aio")

T = TypeVar("T")

GONE = (asyncio.CancelledError, http.ResponseAborted)
"""How `serve` ends when the client goes away: a write can fail before the cancellation is known."""

LOGGER = logging.getLogger("tests.http")
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]


def run(scenario: Callable[[], Coroutine[Any, Any, T]], seconds: float = 20.0) -> T:
    """Runs a test's coroutine on a fresh loop; a hang is a failure."""
    return asyncio.run(asyncio.wait_for(scenario(), seconds))


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What was logged, by anyone, but for asyncio's remarks about speed in its debug mode."""
    return [record for record in caplog.records if not record.getMessage().startswith("Executing")]


def _pack(fields: dict[str, Any], chunk: bytes) -> bytes:
    text = json.dumps(fields).encode()
    return struct.pack(">I", len(text)) + text + chunk


def _unpack(data: bytes) -> tuple[dict[str, Any], bytes]:
    (size,) = struct.unpack_from(">I", data)
    return json.loads(data[4 : 4 + size]), data[4 + size :]


def _pairs(values: Iterable[Any]) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in values]


def encode_request(frame: RequestFrame) -> bytes:
    head = None if frame.head is None else asdict(frame.head)
    return _pack({"head": head, "complete": frame.complete}, frame.chunk)


def decode_request(data: bytes) -> RequestFrame:
    fields, chunk = _unpack(data)
    raw: Any = fields["head"]
    if raw is not None:
        raw["headers"] = _pairs(raw["headers"])
    return RequestFrame(raw and RequestHead(**raw), chunk, fields["complete"])


def encode_response(frame: ResponseFrame) -> bytes:
    head = None if frame.head is None else asdict(frame.head)
    return _pack({"head": head, "complete": frame.complete, "flush": frame.flush}, frame.chunk)


def decode_response(data: bytes) -> ResponseFrame:
    fields, chunk = _unpack(data)
    head = fields["head"]
    if head is not None:
        head = ResponseHead(head["status"], _pairs(head["headers"]))
    return ResponseFrame(head, chunk, fields["complete"], fields["flush"])


@dataclass
class Answer:
    """A response as the host saw it."""

    frames: list[ResponseFrame] = field(default_factory=list[ResponseFrame])
    code: str = ""
    details: str = ""

    @property
    def head(self) -> ResponseHead:
        assert self.frames[0].head is not None
        assert all(frame.head is None for frame in self.frames[1:])
        return self.frames[0].head

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def body(self) -> bytes:
        return b"".join(frame.chunk for frame in self.frames)

    @property
    def complete(self) -> bool:
        assert not any(frame.complete for frame in self.frames[:-1])
        return bool(self.frames) and self.frames[-1].complete

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.head.headers if key.lower() == name.lower()]


class Call:
    """One HTTP exchange, driven frame by frame from the host's side."""

    def __init__(self, rpc: Any) -> None:
        self.rpc = rpc

    async def send(self, frame: RequestFrame) -> None:
        await self.rpc.write(frame)

    async def read(self) -> ResponseFrame | None:
        frame = await self.rpc.read()
        return None if frame is aio.EOF else frame

    async def answer(self) -> Answer:
        answer = Answer()
        try:
            while (frame := await self.read()) is not None:
                answer.frames.append(frame)
        except aio.AioRpcError:
            pass
        answer.code = (await self.rpc.code()).name
        answer.details = await self.rpc.details()
        return answer

    def disconnect(self) -> None:
        self.rpc.cancel()


def head(method: str = "GET", url: str = "/", **more: Any) -> RequestHead:
    more.setdefault("host", "chat.example.com:8065")
    more.setdefault("remote_addr", "10.1.2.3:4567")
    return RequestHead(method, url, **more)


class Host:
    """The caller. `fetch` does a whole exchange, `open` leaves the frames to the test."""

    def __init__(self, channel: Any) -> None:
        self._method = channel.stream_stream(
            "/test.Plugin/ServeHTTP", encode_request, decode_response
        )

    def open(self) -> Call:
        return Call(self._method())

    async def fetch(
        self,
        method: str = "GET",
        url: str = "/",
        body: Iterable[bytes] = (),
        **more: Any,
    ) -> Answer:
        chunks = list(body)
        more.setdefault("content_length", sum(map(len, chunks)))
        call = self.open()
        await call.send(RequestFrame(head(method, url, **more), complete=not chunks))
        upload = asyncio.create_task(_upload(call, chunks))
        answer = await call.answer()
        await asyncio.wait({upload})
        upload.exception()  # an early response may end the upload
        return answer


async def _upload(call: Call, chunks: list[bytes]) -> None:
    for index, chunk in enumerate(chunks):
        await call.send(RequestFrame(None, chunk, complete=index == len(chunks) - 1))


class Plugin:
    """The servicer: what a generated SDK does around `http.serve`."""

    def __init__(self, handler: http.Handler, executor: ThreadPoolExecutor) -> None:
        self.handler = handler
        self.executor = executor
        self.ended: asyncio.Queue[BaseException | None] = asyncio.Queue()
        """How each call to `http.serve` ended."""

    async def serve_http(self, frames: AsyncIterator[RequestFrame], context: Any) -> None:
        send: Callable[[ResponseFrame], Awaitable[None]] = context.write
        error: BaseException | None = None
        try:
            await http.serve(self.handler, frames, send, executor=self.executor, logger=LOGGER)
        except http.ResponseAborted as aborted:
            error = aborted
            await context.abort(grpc.StatusCode.INTERNAL, str(aborted))
        except http.InvalidStream as invalid:
            error = invalid
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(invalid))
        except BaseException as other:
            error = other
            raise
        finally:
            self.ended.put_nowait(error)

    async def listen(self) -> tuple[Any, int]:
        """A started server on a free loopback port."""
        # Without the probe the windows of flow control do not grow with the speed of loopback,
        # and the memory of stalled uploads stays within 64 KiB a stream and our own buffer.
        server = aio.server(options=[*_OPTIONS, ("grpc.http2.bdp_probe", 0)])
        method = grpc.stream_stream_rpc_method_handler(
            self.serve_http, decode_request, encode_response
        )
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("test.Plugin", {"ServeHTTP": method}),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port


@asynccontextmanager
async def hosted(
    handler: http.Handler, workers: int = 8, kind: type[Plugin] = Plugin
) -> AsyncGenerator[tuple[Host, Plugin]]:
    """A plugin with `handler`, and a host connected to it."""
    executor = ThreadPoolExecutor(workers)
    plugin = kind(handler, executor)
    server, port = await plugin.listen()
    try:
        async with connected(port) as host:
            yield host, plugin
    finally:
        await http.close_mounts(0.5)
        await server.stop(None)
        executor.shutdown()


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[Host]:
    async with aio.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS) as channel:
        yield Host(channel)


def fetch(handler: http.Handler, *args: Any, **more: Any) -> Answer:
    """One exchange with a plugin of its own; arguments as for `Host.fetch`."""

    async def scenario() -> Answer:
        async with hosted(handler) as (host, _):
            return await host.fetch(*args, **more)

    return run(scenario)
