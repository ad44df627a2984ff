"""How is a gRPC handler run where the application's coroutines run?

`bridged` takes a method handler and gives one whose behaviour runs in a `Place`; a function, which
grpc.aio runs in a thread, stays as it is. If that is another loop than the one that serves, what
the behaviour asks of the transport goes back: `BridgedContext` stands for the context of the call,
`BridgedRequests` for its incoming messages. `BridgedServer` does so with all handlers that are
added to a server.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc

from ..loops.crossing import Mailbox, Overloaded, cancelled, mailbox
from ..loops.places import Place
from .streams import all_of

Behaviour: TypeAlias = Callable[[Any, Any], Awaitable[Any]]

_END: Any = object()
_KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
# Of a call's context, what only reads and writes down.
_NOTES = frozenset(
    {
        "cancelled",
        "code",
        "details",
        "disable_next_message_compression",
        "done",
        "set_code",
        "set_compression",
        "set_details",
        "set_trailing_metadata",
        "time_remaining",
        "trailing_metadata",
    }
)


def bridged(handler: Any, place: Place) -> Any:
    """A method handler that does in `place` what `handler` does.

    A stream of requests ends there as the caller meant it; see `all_of`.
    """
    kind = next(kind for kind in _KINDS if getattr(handler, kind))
    behaviour = getattr(handler, kind)
    if inspect.isasyncgenfunction(behaviour):
        behaviour = _pushing(behaviour)
    elif not inspect.iscoroutinefunction(behaviour):
        return handler
    if place.transport is None:
        call = _staying(behaviour, place, handler.request_streaming)
    else:
        call = _crossing(behaviour, place, place.transport, handler.request_streaming)
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(call, handler.request_deserializer, handler.response_serializer)


def _staying(behaviour: Behaviour, place: Place, streaming: bool) -> Behaviour:
    """`behaviour` in tasks of the loop that serves."""

    async def call(argument: Any, context: Any) -> Any:
        if streaming:
            argument = all_of(argument, context, asyncio.current_task())
        return await place.run(behaviour, argument, context)

    return call


def _crossing(behaviour: Behaviour, place: Place, transport: Mailbox, streaming: bool) -> Behaviour:
    """`behaviour` on another loop than the `transport`, which serves."""

    async def call(argument: Any, context: Any) -> Any:
        far = BridgedContext(context, transport)
        if streaming:
            whole = all_of(argument, context, asyncio.current_task())
            argument = BridgedRequests(whole, transport)
        try:
            return await place.run(behaviour, argument, far)
        except Overloaded as error:
            code = grpc.StatusCode.RESOURCE_EXHAUSTED
            return await context.abort(code, str(error))
        except BaseException as error:
            if issubclass(type(error), Exception) or cancelled():
                raise
            # grpc would leave the caller without an answer.
            name = type(error).__name__
            raise RuntimeError(f"the handler raised {name}") from error
        finally:
            far.end()
            if streaming:
                argument.end()

    return call


class BridgedContext:
    """The context of a call, for a handler on another loop than the one it is served on.

    It has the methods of grpc.aio's, but for those about the peer's identity: plugins are called
    from their own machine. Of a call that is over grpc frees what it has, whoever asks for it from
    another thread: so what a handler may look at is copied, and what it does is refused.
    """

    def __init__(self, context: Any, transport: Mailbox) -> None:
        self._context = context
        self._transport = transport
        self._over = False  # for the transport's loop
        self._metadata = context.invocation_metadata()
        self._peer: str = context.peer()

    def __getattr__(self, name: str) -> Any:
        if name in _NOTES:
            return getattr(self._context, name)
        raise AttributeError(f"the context of a call has no {name!r} here")

    def invocation_metadata(self) -> Any:
        return self._metadata

    def peer(self) -> str:
        return self._peer

    async def read(self) -> Any:
        return await self._transport.run(self._do, "read")

    async def write(self, message: Any) -> None:
        await self._transport.run(self._do, "write", message)

    async def send_initial_metadata(self, metadata: Any) -> None:
        await self._transport.run(self._do, "send_initial_metadata", metadata)

    async def abort(self, code: Any, details: str = "", trailing_metadata: Any = ()) -> None:
        await self._transport.run(self._do, "abort", code, details, trailing_metadata)

    async def abort_with_status(self, status: Any) -> None:
        await self._transport.run(self._do, "abort_with_status", status)

    async def _do(self, method: str, *args: Any) -> Any:
        if self._over:
            raise RuntimeError("the call is over")
        return await getattr(self._context, method)(*args)

    def end(self) -> None:
        """On the transport's loop: the call is over."""
        self._over = True

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        home, variables = mailbox(), contextvars.copy_context()

        def call() -> None:
            home.loop.call_soon(callback, self, context=variables)

        def over(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the handlers' loop has ended
                home.post(call)

        self._context.add_done_callback(over)


class BridgedRequests:
    """The incoming messages of a call, for a handler on another loop."""

    def __init__(self, messages: AsyncIterator[Any], transport: Mailbox) -> None:
        self._messages = messages
        self._transport = transport
        self._over = asyncio.Event()  # like the following, the transport's
        self._step: asyncio.Task[Any] | None = None

    def __aiter__(self) -> BridgedRequests:
        return self

    async def __anext__(self) -> Any:
        message = await self._transport.run(self._next)
        if message is _END:
            raise StopAsyncIteration
        return message

    async def _next(self) -> Any:
        step = self._step = asyncio.current_task()
        try:
            return await anext(self._messages, _END)
        except asyncio.CancelledError:
            if step is None or not step.cancelling():
                # The caller is gone. The handler hears of it as of every cancellation of its task,
                # and of this afterwards.
                await self._over.wait()
            raise
        finally:
            self._step = None

    def end(self) -> None:
        """On the transport's loop: the call is over."""
        self._over.set()
        if self._step is not None:
            self._step.cancel()


def _pushing(behaviour: Callable[[Any, Any], Any]) -> Behaviour:
    """A handler that writes what the generator `behaviour` yields: one task sees all of it."""

    async def push(argument: Any, context: BridgedContext) -> None:
        async with contextlib.aclosing(behaviour(argument, context)) as replies:
            async for reply in replies:
                await context.write(reply)

    return push


class BridgedServer:
    """The part of a `grpc.aio.Server` that adds handlers; they run in `place`."""

    def __init__(self, server: Any, place: Place) -> None:
        self._server = server
        self._place = place

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        across = tuple(_generic(handler, self._place) for handler in handlers)
        self._server.add_generic_rpc_handlers(across)

    def add_registered_method_handlers(self, service: str, methods: Any) -> None:
        """What generated code adds beside the former."""
        across = {name: bridged(method, self._place) for name, method in methods.items()}
        self._server.add_registered_method_handlers(service, across)


def _generic(handler: Any, place: Place) -> Any:
    """A generic handler whose behaviours run in `place`."""

    class Bridged(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, handler_call_details: Any) -> Any:
            found = handler.service(handler_call_details)
            return found and bridged(found, place)

    return Bridged()
