"""How is a service served? Typed servicer methods become gRPC handlers on a `grpc.aio` server.

A method may be a function, which runs in a thread, or a coroutine. What it raises is mapped back
the way clients map it forth: a `PluginAPIError` is embedded in the answer where the response has
a place for it, and a gRPC status otherwise; a method that is not overridden is UNIMPLEMENTED.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import grpc

from .errors import DecodeError, FieldError, PluginAPIError, Unimplemented, code_of
from .model import Model
from .package import Codec, Package, package_of

T = TypeVar("T")
Reply: TypeAlias = T | Awaitable[T]
Replies: TypeAlias = Iterator[T] | AsyncIterator[T]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rpc:
    """An RPC of a servicer: its name, the method, the kind of streaming, full message names."""

    name: str
    method: str
    kind: str
    request: str
    response: str


@dataclass(frozen=True, slots=True)
class ServerContext:
    """What a servicer method may know of a call: the caller's metadata and address."""

    rpc: str
    metadata: tuple[tuple[str, str | bytes], ...]
    peer: str


class Requests(Generic[T]):
    """The incoming messages of a stream, for `for` in a function and `async for` in a coroutine."""

    def __init__(
        self, messages: AsyncIterator[T], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._messages = messages
        self._loop = loop

    def __aiter__(self) -> AsyncIterator[T]:
        return self._messages

    def __iter__(self) -> Iterator[T]:
        while True:
            step = asyncio.run_coroutine_threadsafe(
                anext(self._messages, None), self._loop
            )
            message = step.result()
            if message is None:
                return
            yield message


class Servicer:
    """The base of generated servicers. Methods get `(request, context)`."""

    __package_name__: ClassVar[str] = ""
    __service__: ClassVar[str] = ""
    __error_field__: ClassVar[str] = ""
    __error_type__: ClassVar[str] = ""
    __rpcs__: ClassVar[tuple[Rpc, ...]] = ()


def handlers(servicer: Servicer, executor: Executor) -> grpc.GenericRpcHandler:
    """The gRPC handlers of the methods that `servicer` overrides; functions run in `executor`."""
    package = package_of(servicer.__package_name__)
    table = {
        rpc.name: _Handler(servicer, rpc, package, executor).grpc_handler()
        for rpc in servicer.__rpcs__
        if _overridden(servicer, rpc.method)
    }
    handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(
        servicer.__service__, table
    )
    return handler


def _overridden(servicer: Servicer, method: str) -> bool:
    defined = next(c for c in type(servicer).__mro__ if method in c.__dict__)
    return "__rpcs__" not in defined.__dict__ or method in servicer.__dict__


_MAKERS = {
    "unary": grpc.unary_unary_rpc_method_handler,
    "server_stream": grpc.unary_stream_rpc_method_handler,
    "client_stream": grpc.stream_unary_rpc_method_handler,
    "bidi_stream": grpc.stream_stream_rpc_method_handler,
}


class _Handler:
    """Serves one RPC of a servicer."""

    def __init__(
        self, servicer: Servicer, rpc: Rpc, package: Package, executor: Executor
    ) -> None:
        self.rpc = rpc
        self.method = getattr(servicer, rpc.method)
        self.executor = executor
        self.request: Codec[Any] = package.codec(rpc.request)
        self.response: Codec[Any] = package.codec(rpc.response)
        self.error_field = servicer.__error_field__
        embeds = self.error_field in self.response.model.__field_names__
        self.error = package.message(servicer.__error_type__) if embeds else None

    def grpc_handler(self) -> Any:
        serve = (
            self._stream
            if self.rpc.kind.endswith(("server_stream", "bidi_stream"))
            else None
        )
        return _MAKERS[self.rpc.kind](serve or self._unary)

    async def _unary(self, data: Any, context: Any) -> bytes:
        try:
            result = await self._call(self._argument(data), self._context(context))
            return self._encode(result)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            return await self._failed(error, context)

    async def _stream(self, data: Any, context: Any) -> AsyncIterator[bytes]:
        try:
            replies = await self._call(self._argument(data), self._context(context))
            async for reply in _async_iterator(replies, self.executor):
                yield self._encode(reply)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            yield await self._failed(error, context)

    def _argument(self, data: Any) -> Any:
        if isinstance(data, bytes):
            return self._decode(data)
        return Requests(self._decoded(data), asyncio.get_running_loop())

    async def _decoded(self, stream: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for data in stream:
            yield self._decode(data)

    def _decode(self, data: bytes) -> Any:
        try:
            return self.request.read(self.request.message.FromString(data))
        except Exception as error:
            raise DecodeError(f"not a {self.rpc.request}: {error}") from None

    def _context(self, context: Any) -> ServerContext:
        metadata = tuple((k, v) for k, v in context.invocation_metadata() or ())
        return ServerContext(self.rpc.name, metadata, context.peer())

    async def _call(self, argument: Any, context: ServerContext) -> Any:
        if inspect.iscoroutinefunction(self.method):
            return await self.method(argument, context)
        if inspect.isasyncgenfunction(self.method):
            return self.method(argument, context)
        loop = asyncio.get_running_loop()
        call = functools.partial(self.method, argument, context)
        result = await loop.run_in_executor(self.executor, call)
        return await result if inspect.isawaitable(result) else result

    def _encode(self, result: Any) -> bytes:
        if not isinstance(result, self.response.model):
            expected = self.response.model.__name__
            raise TypeError(
                f"{self.rpc.name} returned {type(result).__name__}, not {expected}"
            )
        from .codec import encode

        return encode(result)

    async def _failed(self, error: Exception, context: Any) -> bytes:
        """The answer that embeds `error`, or the end of the call with its status."""
        if isinstance(error, PluginAPIError) and self.error is not None:
            embedded = error_model(self.error, error)
            return self._encode(self.response.model(**{self.error_field: embedded}))
        code, text = _status(error, self.rpc.name)
        if code is grpc.StatusCode.INTERNAL:
            _log.error("%s failed", self.rpc.name, exc_info=error)
        await context.abort(code, text)
        raise AssertionError  # abort never returns


def _status(error: Exception, rpc: str) -> tuple[grpc.StatusCode, str]:
    if isinstance(error, Unimplemented):
        return grpc.StatusCode.UNIMPLEMENTED, f"{rpc} is not implemented"
    if isinstance(error, PluginAPIError):
        text = f"{error.id}: {error.message}" if error.id else error.message
        return code_of(error), text
    if isinstance(error, DecodeError):
        return grpc.StatusCode.INVALID_ARGUMENT, str(error)
    return grpc.StatusCode.INTERNAL, f"{rpc} failed: {type(error).__name__}: {error}"


def error_model(cls: type[Model], error: PluginAPIError) -> Model:
    """The embedded error that tells a peer of `error`, with every field `cls` has for it.

    What a field cannot hold is left out: an error built by hand may carry anything.
    """
    fields = {
        name: value
        for name in cls.__field_names__
        if (value := getattr(error, name, None)) is not None
    }
    if fields.get("status_code") == 0 and error.http_statuses:
        # By its status a peer finds the class again.
        fields["status_code"] = error.http_statuses[0]
    try:
        return _encodable(cls(**fields))
    except FieldError:
        model = cls()
        for name, value in fields.items():
            with contextlib.suppress(FieldError):
                setattr(model, name, getattr(_encodable(cls(**{name: value})), name))
        return model


def _encodable(model: Model) -> Model:
    from .codec import to_message

    to_message(model)
    return model


async def _async_iterator(replies: Any, executor: Executor) -> AsyncIterator[Any]:
    """Items of an iterator of either kind; a plain one runs in a thread."""
    if hasattr(replies, "__aiter__"):
        async for reply in replies:
            yield reply
        return
    loop = asyncio.get_running_loop()
    iterator = iter(replies)
    step: Callable[[], Any] = functools.partial(next, iterator, _END)
    while (reply := await loop.run_in_executor(executor, step)) is not _END:
        yield reply


_END = object()
