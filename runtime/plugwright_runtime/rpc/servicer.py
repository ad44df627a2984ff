"""How are services served? Typed servicer methods become gRPC handlers on a `grpc.aio` server.

A method may be a function, which runs in a thread, or a coroutine. What it raises is mapped back
the way clients map it forth: by the convention of the service it is embedded in the answer where
the response has a place for it, and a gRPC status otherwise; a method that is not overridden is
UNIMPLEMENTED.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias, TypeVar

import grpc

from ..exceptions import DecodeError
from ..failure_log import report
from ..limits import STATUS_BYTES
from ..loops.calling import Threads, ends_the_call
from ..loops.places import Here, Place
from ..message.codec import Codec, decode, encode
from ..message.model import Model
from ..message.package import messages_of, package_of
from .bridged_calls import bridged
from .calling import Running, UserCall
from .conventions import StatusErrors, WrongReply
from .ended import Ended, not_implemented
from .failures import PluginAPIError, Unimplemented, text_of
from .served import errors_of, overridden, servicers_of
from .streams import Requests as Requests
from .streams import items

T = TypeVar("T")
Reply: TypeAlias = T | Awaitable[T]
Replies: TypeAlias = Iterator[T] | AsyncIterator[T]

_log = logging.getLogger("plugwright.rpc")


class Rpc(NamedTuple):
    """An RPC of a servicer: its name, the method, the messages, the kind of streaming.

    Generated code may name messages as in a proto, relative to the package of the service, and
    leaves out those of `Rpc` that are called `RpcRequest` and `RpcResponse`.
    `nothing`: whether the response says no more than that the call succeeded, so that the method
    may return None.
    """

    name: str
    method: str
    request: str = ""
    response: str = ""
    kind: str = "unary"
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class ServerContext:
    """What a servicer method may know of a call: the caller's metadata and address."""

    rpc: str
    metadata: tuple[tuple[str, str | bytes], ...]
    peer: str


class Servicer:
    """The base of generated servicers. Methods get `(request, context)`.

    `__errors__`: how the service says that a call failed, None if by a gRPC status.
    """

    __package_name__: ClassVar[str] = ""
    __service__: ClassVar[str] = ""
    __errors__: ClassVar[StatusErrors | None] = None
    __rpcs__: ClassVar[tuple[Rpc, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__rpcs__" in cls.__dict__:
            cls.__rpcs__ = tuple(_in_full(rpc, cls.__service__) for rpc in cls.__rpcs__)


def _in_full(rpc: Rpc, service: str) -> Rpc:
    request, response = messages_of(service, rpc.name, rpc.request, rpc.response)
    return rpc._replace(request=request, response=response)


def handlers(
    servicer: Servicer,
    executor: Executor,
    place: Place | None = None,
    status_bytes: int = STATUS_BYTES,
    others: Collection[str] = (),
) -> grpc.GenericRpcHandler:
    """The gRPC handlers of the methods that `servicer` overrides, of each service whose servicer it
    extends, apart from `others`.

    Functions run in `executor`, coroutines in `place`, the loop of the server if None.
    `status_bytes`: of the details of an error that callers take.
    """
    running = Running(executor, place or Here(), status_bytes)
    return Handlers(
        {
            f"/{base.__service__}/{rpc.name}": _Method(servicer, base, rpc, running).grpc_handler()
            for base in servicers_of(type(servicer), others)
            for rpc in base.__rpcs__
            if overridden(servicer, rpc.method)
        }
    )


class Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The handlers of RPCs by their paths, `/package.Service/Rpc`."""

    def __init__(self, by_path: Mapping[str, Any]) -> None:
        self._by_path = by_path

    def service(self, handler_call_details: Any) -> Any:
        return self._by_path.get(handler_call_details.method)


_MAKERS = {
    "unary": grpc.unary_unary_rpc_method_handler,
    "server_stream": grpc.unary_stream_rpc_method_handler,
    "client_stream": grpc.stream_unary_rpc_method_handler,
    "bidi_stream": grpc.stream_stream_rpc_method_handler,
}


class _Method(UserCall):
    """Serves one RPC of a servicer."""

    def __init__(
        self, servicer: Servicer, base: type[Servicer], rpc: Rpc, running: Running
    ) -> None:
        super().__init__(rpc.name, getattr(servicer, rpc.method), running, _log)
        package = package_of(base.__package_name__)
        self.rpc = rpc
        self.threads = Threads(self.executor)
        self.request: Codec[Any] = package.codec(rpc.request)
        self.response: Codec[Any] = package.codec(rpc.response)
        self.errors = (errors_of(type(servicer), base) or StatusErrors()).of(rpc.name)
        self.embed = self.errors.embedding(self.response)
        self.arguments, self.encode = self._arguments, self._encode

    def grpc_handler(self) -> Any:
        kind, make = self.rpc.kind, _MAKERS[self.rpc.kind]
        if kind == "unary":
            return make(self.serve)
        return bridged(make(self._upload if kind == "client_stream" else self._stream), self.place)

    def seen(self, data: bytes, context: Any) -> tuple[bytes, ServerContext]:
        return data, self._context(context)

    def _arguments(self, data: bytes, context: ServerContext) -> tuple[Any, ServerContext]:
        return self._decode(data), context

    async def _upload(self, data: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            return await self.awaited(self._called(data, context))
        except Ended as ended:
            await context.abort(*ended.status(self.most))  # which raises
            raise

    async def _stream(self, data: Any, context: Any) -> AsyncIterator[bytes]:
        try:
            replies = await self._called(data, context)
            async with contextlib.aclosing(items(replies, self.executor)) as stream:
                async for reply in stream:
                    yield self._encode(reply)
        except GeneratorExit:
            raise
        except BaseException as error:
            if ends_the_call(error):
                raise
            try:
                yield self.failed(error)
            except Ended as ended:
                await context.abort(*ended.status(self.most))  # which raises

    async def _called(self, data: Any, context: Any) -> Any:
        """What the method returns."""
        argument = self._decode(data) if isinstance(data, bytes) else self._requests(data)
        if inspect.isasyncgenfunction(self.method):
            return self.method(argument, self._context(context))
        return await self.threads.call(self.method, argument, self._context(context))

    def _requests(self, data: AsyncIterator[bytes]) -> Requests[Any]:
        requests = Requests(self._decoded(data), asyncio.get_running_loop())
        if (serving := asyncio.current_task()) is not None:
            serving.add_done_callback(requests.end)
        return requests

    async def _decoded(self, stream: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for data in stream:
            yield self._decode(data)

    def _decode(self, data: bytes) -> Any:
        return decode(self.request.model, data)

    def _context(self, context: Any) -> ServerContext:
        metadata = tuple((k, v) for k, v in context.invocation_metadata() or ())
        return ServerContext(self.rpc.name, metadata, context.peer())

    def _encode(self, result: Any) -> bytes:
        model: type[Model] = self.response.model
        if result is None and self.rpc.nothing:
            result = model()
        if not isinstance(result, model):
            expected = model.__name__
            raise WrongReply(f"{self.rpc.name} returned {type(result).__name__}, not {expected}")
        return encode(result)

    def told(self, error: BaseException) -> bytes:
        """The answer that embeds `error`."""
        if isinstance(error, Ended):
            raise error
        rpc = self.rpc.name
        raised, error = error, self.errors.told(error, rpc)
        embed = self.embed if self.errors.embeds(error) else None
        code, text = _status(error, rpc, self.errors)
        meant = isinstance(error, PluginAPIError)
        if code is grpc.StatusCode.INTERNAL and not (embed and meant):
            report(_log, raised, "%s failed", rpc)
        if embed is None:
            raise Ended(code, text, error) from None
        if not isinstance(error, PluginAPIError):
            error = PluginAPIError(text_of(error) or f"{rpc} failed")
        return self._encode(embed(error))


def _status(error: BaseException, rpc: str, errors: StatusErrors) -> tuple[grpc.StatusCode, str]:
    if isinstance(error, Unimplemented):
        return errors.code(error), not_implemented(error, rpc)
    if isinstance(error, PluginAPIError):
        text = f"{error.id}: {error.message}" if error.id else str(error.message)
        return errors.code(error), text
    if isinstance(error, DecodeError):
        return grpc.StatusCode.INVALID_ARGUMENT, str(error)
    text = text_of(error)
    return grpc.StatusCode.INTERNAL, f"{rpc} failed: {type(error).__name__}: {text}"
