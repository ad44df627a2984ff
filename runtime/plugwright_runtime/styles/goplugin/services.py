"""What does every go-plugin process serve besides the application?

Out: generic handlers for `grpc.health.v1.Health`, `plugin.GRPCController` and `plugin.GRPCStdio`
(the broker has its own module). They run on the event loop and never wait for user code. Streams of
one consumer each: the newest consumer takes over, so a host that reconnects is never locked out by
its own dead stream. Made by `process`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from . import protos
from .output import OutputBuffer

HEALTHY_SERVICES = ("plugin", "")  # "plugin" is the name go-plugin hosts ask for
MAX_WATCHERS = 16
STDIO_CHUNK = 32 * 1024  # bytes in one StdioData


def generic_handler(service: str, **methods: Any) -> Any:
    """A handler to add to a grpc server; `methods` are grpc method handlers by RPC name."""
    return grpc.method_handlers_generic_handler(service, methods)


class Health:
    """Answers SERVING until `stop`."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._watchers = 0

    def handler(self) -> Any:
        coding: Any = {
            "request_deserializer": protos.HealthCheckRequest.FromString,
            "response_serializer": protos.HealthCheckResponse.SerializeToString,
        }
        return generic_handler(
            "grpc.health.v1.Health",
            Check=grpc.unary_unary_rpc_method_handler(self._check, **coding),
            Watch=grpc.unary_stream_rpc_method_handler(self._watch, **coding),
        )

    def stop(self) -> None:
        self._stopping.set()

    async def _check(self, request: Any, context: Any) -> Any:
        if request.service not in HEALTHY_SERVICES:
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return protos.HealthCheckResponse(status=self._status())

    async def _watch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        if self._watchers >= MAX_WATCHERS:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many watchers")
        self._watchers += 1
        try:
            known = request.service in HEALTHY_SERVICES
            yield protos.HealthCheckResponse(
                status=self._status() if known else protos.SERVICE_UNKNOWN
            )
            await self._stopping.wait()
            if known:
                yield protos.HealthCheckResponse(status=protos.NOT_SERVING)
        finally:
            self._watchers -= 1

    def _status(self) -> int:
        return protos.NOT_SERVING if self._stopping.is_set() else protos.SERVING


class Controller:
    """Shutdown: the host has its answer before `stop` is called."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def handler(self) -> Any:
        return generic_handler(
            "plugin.GRPCController",
            Shutdown=grpc.unary_unary_rpc_method_handler(self._shutdown),
        )

    async def _shutdown(self, request: bytes, context: Any) -> bytes:
        context.add_done_callback(self._answered)
        return b""

    def _answered(self, context: Any) -> None:
        self._stop()


class Stdio:
    """Streams an `OutputBuffer` as channel stdout; without a buffer (reattach mode) the stream
    stays silent.
    """

    def __init__(self, output: OutputBuffer | None) -> None:
        self._output = output
        self._changed = asyncio.Event()
        self._stopping = False
        self._consumer: object = None
        if output is not None:
            loop = asyncio.get_running_loop()
            output.on_write(lambda: wake(loop, self._changed))

    def handler(self) -> Any:
        return generic_handler(
            "plugin.GRPCStdio",
            StreamStdio=grpc.unary_stream_rpc_method_handler(
                self._stream, response_serializer=protos.StdioData.SerializeToString
            ),
        )

    def stop(self) -> None:
        """End the stream once everything in the buffer is sent."""
        self._stopping = True
        self._changed.set()
        if self._output is not None:
            self._output.on_write(None)

    async def _stream(self, request: bytes, context: Any) -> None:
        consumer = self._consumer = object()
        self._changed.set()  # the former consumer looks, and leaves
        await context.send_initial_metadata(())
        while self._consumer is consumer:
            position, data = self._output.peek(STDIO_CHUNK) if self._output else (0, b"")
            if data:
                await context.write(protos.StdioData(channel=protos.STDOUT, data=data))
                if self._output is not None:
                    self._output.discard(position)
            elif self._stopping:
                return
            else:
                self._changed.clear()
                await self._changed.wait()


def wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    """Set an event from another thread; a loop that has closed meanwhile needs no waking."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(event.set)
