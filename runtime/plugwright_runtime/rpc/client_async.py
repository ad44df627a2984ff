"""How does an async client make a call? Without holding up its event loop, on the loop of gRPC.

A generated method is one call of `_unary` or of a stream: encode the request, call, map the
failure, decode the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from ..loops.crossing import cancelled
from ..loops.pool import transport
from ..message import codec
from ..message.model import Model
from .client import ClientBase, Metadata, Outgoing
from .dialling import channel_options

R = TypeVar("R", bound=Model)
T = TypeVar("T")


class AsyncClient(ClientBase):
    """The core of generated async clients; an async context manager, for one event loop."""

    def _connect(self, address: str, given: Mapping[str, Any]) -> Any:
        import grpc.aio

        options = channel_options(address, given)

        def connect() -> Any:
            return grpc.aio.insecure_channel(address, options=options)

        there = transport()
        if there is None:
            return connect()
        from ..loops.bridged_channel import BridgedChannel

        return BridgedChannel(there, connect)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls still under way end with UnavailableError."""
        self._closed = True
        self._calls.clear()
        channel, self._channel = self._channel, None
        if channel is not None and self._owns_channel:
            await channel.close()

    def _comes_of_close(self, error: BaseException) -> bool:
        """gRPC makes that look like a cancelled task."""
        ours = isinstance(error, asyncio.CancelledError) and not cancelled()
        return ours and self._closed

    async def _unary(
        self,
        rpc: str,
        request: Model,
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> R:
        data = codec.encode(request)
        call = self._start(rpc, "unary_unary", data, timeout, metadata)
        return self._answer(rpc, response, await self._outcome(rpc, call, None))

    async def _server_stream(
        self,
        rpc: str,
        request: Model,
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> AsyncIterator[R]:
        data = codec.encode(request)
        stream = self._start(rpc, "unary_stream", data, timeout, metadata)
        async for item in self._items(rpc, response, stream, None):
            yield item

    async def _client_stream(
        self,
        rpc: str,
        requests: AsyncIterable[Model],
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> R:
        outgoing = _Encoded(requests)
        call = self._start(rpc, "stream_unary", outgoing.encoded(), timeout, metadata)
        answer = await self._outcome(rpc, outgoing.of(call), outgoing)
        return self._answer(rpc, response, answer)

    async def _bidi_stream(
        self,
        rpc: str,
        requests: AsyncIterable[Model],
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> AsyncIterator[R]:
        outgoing = _Encoded(requests)
        call = self._start(rpc, "stream_stream", outgoing.encoded(), timeout, metadata)
        async for item in self._items(rpc, response, outgoing.of(call), outgoing):
            yield item

    async def _items(
        self, rpc: str, response: type[R], stream: Any, outgoing: Outgoing | None
    ) -> AsyncIterator[R]:
        """The messages of a stream; leaving the loop early cancels the call."""
        items: AsyncIterator[bytes | None] = aiter(stream)
        try:
            while (data := await self._outcome(rpc, anext(items, None), outgoing)) is not None:
                yield self._answer(rpc, response, data)
        finally:
            stream.cancel()

    async def _outcome(self, rpc: str, step: Awaitable[T], outgoing: Outgoing | None) -> T:
        """What `step` of a call gives; raises what a caller is told of its failure."""
        try:
            return await step
        except BaseException as error:
            told = self._told(error, rpc, outgoing)
            if told is error:
                raise
            raise told from None


class _Encoded(Outgoing):
    """The requests of a stream, encoded.

    grpc.aio waits forever when the iterator it reads from raises, so its failure cancels the call
    and is raised instead of the cancellation. And it leaves the iterator waiting when the call is
    over, so the end of the call ends the task that reads from it. This also keeps a write that
    comes too late from replacing the peer's status by one of its own (grpc/grpc#36066).
    """

    def __init__(self, requests: AsyncIterable[Model]) -> None:
        self._requests = requests
        self._reader: asyncio.Task[Any] | None = None
        self._call: Any = None

    def of(self, call: Any) -> Any:
        """`call`, bound to these requests."""
        self._call = call
        call.add_done_callback(self._over)
        return call

    def _over(self, call: Any) -> None:
        # gRPC may have cancelled it already: once more would interrupt its `finally`.
        if self._reader is not None and not self._reader.cancelling():
            self._reader.cancel()

    async def encoded(self) -> AsyncIterator[bytes]:
        self._reader = asyncio.current_task()
        try:
            async for request in self._requests:
                yield codec.encode(request)
        except Exception as error:
            self.failure = error
            self._call.cancel()
        finally:
            self._reader = None
            close: Any = getattr(self._requests, "aclose", None)
            if close is not None:
                await close()
