"""How does a coroutine call a peer over a channel that another loop drives?

`BridgedChannel` stands for a `grpc.aio` channel of the transport's loop. It has what generated
clients and stubs use: calls that are awaited or iterated, `cancel` and `add_done_callback` of calls
with a stream. Everything happens on the transport's loop but what the requests are made of.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
)
from types import TracebackType
from typing import Any, Self

from .crossing import Mailbox, mailbox

_END: Any = object()


class BridgedChannel:
    """A channel for any loop but the transport's, where `connect` makes the real one at first
    use.

    What makes calls takes the arguments that it takes of a `grpc.aio.Channel`.
    """

    def __init__(self, transport: Mailbox, connect: Callable[[], Any]) -> None:
        self._transport = transport
        self._connect = connect
        self._channel: Any = None  # like the following, for the transport's loop
        self._closed = False

    def unary_unary(self, *method: Any, **coding: Any) -> Callable[..., Coroutine[Any, Any, Any]]:
        real = self._real("unary_unary", method, coding)

        async def outcome(request: Any, options: dict[str, Any]) -> Any:
            return await real()(request, **options)

        def call(request: Any, **options: Any) -> Coroutine[Any, Any, Any]:
            return self._transport.run(outcome, request, options)

        return call

    def unary_stream(self, *method: Any, **coding: Any) -> Callable[..., BridgedCall]:
        real = self._real("unary_stream", method, coding)

        def call(request: Any, **options: Any) -> BridgedCall:
            return BridgedCall(self._transport, lambda: real()(request, **options))

        return call

    def stream_unary(self, *method: Any, **coding: Any) -> Callable[..., BridgedCall]:
        return self._sending(self._real("stream_unary", method, coding))

    def stream_stream(self, *method: Any, **coding: Any) -> Callable[..., BridgedCall]:
        return self._sending(self._real("stream_stream", method, coding))

    def _sending(self, real: Callable[[], Any]) -> Callable[..., BridgedCall]:
        def call(requests: AsyncIterable[Any] | Iterable[Any], **options: Any) -> BridgedCall:
            supply = Supply(self._transport)

            def begin() -> Any:
                made = real()(supply.taken(), **options)
                made.add_done_callback(supply.end)
                return made

            under_way = BridgedCall(self._transport, begin)
            supply.start(requests, under_way)
            return under_way

        return call

    def _real(
        self, kind: str, method: tuple[Any, ...], coding: dict[str, Any]
    ) -> Callable[[], Any]:
        """For the transport's loop: gives what makes the calls."""

        @functools.cache
        def made() -> Any:
            return getattr(self._connected(), kind)(*method, **coding)

        return made

    def _connected(self) -> Any:
        if self._closed:
            raise RuntimeError("the channel is closed")
        if self._channel is None:
            self._channel = self._connect()
        return self._channel

    async def close(self, grace: float | None = None) -> None:
        """As that of `grpc.aio`: calls under way have `grace` seconds to end."""
        if not self._transport.loop.is_closed():
            await self._transport.run(self._close, grace)

    async def _close(self, grace: float | None) -> None:
        self._closed = True
        if self._channel is not None:
            await self._channel.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class BridgedCall:
    """A call with a stream in it, under way on the transport's loop."""

    def __init__(self, transport: Mailbox, begin: Callable[[], Any]) -> None:
        self._transport = transport
        self._home = mailbox()
        self._begin = begin
        self._call: Any = None  # like the following, for the transport's loop
        self._messages: Any = None
        self._failure: Exception | None = None
        # Interceptors, such as those that trace, look at them.
        transport.post(contextvars.copy_context().run, self._start)

    def _start(self) -> None:
        try:
            self._call = self._begin()
        except Exception as error:
            self._failure = error

    def cancel(self) -> None:
        with contextlib.suppress(RuntimeError):  # the transport has ended, and the call
            self._transport.post(self._cancel)

    def _cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Call `callback` here when the call is over."""
        self._transport.post(self._watch, contextvars.copy_context(), callback)

    def _watch(self, variables: contextvars.Context, callback: Callable[[Any], None]) -> None:
        def over(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # who called has ended first
                self._home.post(lambda: variables.run(callback, self))

        if self._call is None:
            over(None)
        else:
            self._call.add_done_callback(over)

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._wait_for(self._outcome).__await__()

    async def _outcome(self) -> Any:
        if self._failure is not None:
            raise self._failure
        return await self._call

    def __aiter__(self) -> BridgedCall:
        return self

    async def __anext__(self) -> Any:
        message = await self._wait_for(self._next)
        if message is _END:
            raise StopAsyncIteration
        return message

    async def _next(self) -> Any:
        if self._failure is not None:
            raise self._failure
        if self._messages is None:
            self._messages = aiter(self._call)
        return await anext(self._messages, _END)

    async def _wait_for(self, step: Callable[[], Awaitable[Any]]) -> Any:
        """What `step` gives, there. As in `grpc.aio`, to cancel who waits is to cancel the call;
        the step alone may not have begun yet, or have ended meanwhile.
        """
        try:
            return await self._transport.run(step)
        except asyncio.CancelledError:
            self.cancel()
            raise


class Supply:
    """The requests of a call, for its reader on the transport's loop. One task of this loop makes
    them, each when it is asked for.
    """

    def __init__(self, transport: Mailbox) -> None:
        self._transport = transport
        # Both are the transport's.
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._reader: asyncio.Task[Any] | None = None

    def start(self, requests: AsyncIterable[Any] | Iterable[Any], call: BridgedCall) -> None:
        feeding = asyncio.ensure_future(self._feed(requests, call))

        def stop(_: object) -> None:
            # A second time would interrupt a `finally` of the iterator.
            if not feeding.cancelling():
                feeding.cancel()

        call.add_done_callback(stop)

    async def _feed(self, requests: AsyncIterable[Any] | Iterable[Any], call: BridgedCall) -> None:
        try:
            if isinstance(requests, AsyncIterable):
                async for request in requests:
                    await self._transport.run(self._offer, request)
            else:
                for request in requests:
                    await self._transport.run(self._offer, request)
        except BaseException:
            call.cancel()  # as grpc.aio does: half of the requests is not taken for all
        finally:
            with contextlib.suppress(RuntimeError):  # the transport has ended
                self._transport.post(self._queue.put_nowait, _END)

    async def _offer(self, request: Any) -> None:
        self._queue.put_nowait(request)
        await self._queue.join()

    async def taken(self) -> AsyncIterator[Any]:
        """On the transport's loop: the requests."""
        self._reader = asyncio.current_task()
        while (request := await self._queue.get()) is not _END:
            yield request
            self._queue.task_done()

    def end(self, _: object) -> None:
        """On the transport's loop: the call is over. At once, for a write that comes too late would
        replace the peer's status by one of gRPC's own (grpc/grpc#36066).
        """
        if self._reader is not None:
            self._reader.cancel()
