"""How is a call made? The cores that generated clients, sync and async, are built on.

A generated method is one call of `_unary` or a stream: encode the request, call, map the failure,
decode the answer. A failure, embedded or a gRPC status, is a `PluginAPIError`; nobody sees
`grpc.RpcError`. The channel is made at the first call.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import math
import os
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, TypeVar

import grpc

from ..errors import DecodeError
from ..limits import message_limits, metadata_limits
from ..loops.crossing import cancelled
from ..loops.deadlines import remaining
from ..loops.pool import transport, waiting
from ..message import codec
from ..message.model import Model
from .dialling import channel_options
from .failures import PluginAPIError, UnavailableError, ValidationError, from_status

if TYPE_CHECKING:
    from ..message.wkt import AnyMessage
    from .conventions import StatusErrors

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]
R = TypeVar("R", bound=Model)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What is fixed for a generated client.

    `service`: its full name. `timeout`: default deadline in seconds. `target_env`: the variable
    that holds the address. `errors`: how the service says that a call failed, None if by a gRPC
    status that has no special meaning. `idempotent`: the RPCs that their proto declares safe to
    repeat.
    """

    service: str
    timeout: float = 30.0
    target_env: str = ""
    errors: StatusErrors | None = None
    idempotent: tuple[str, ...] = ()


def present(value: T | None, rpc: str, field: str) -> T:
    """`value`; a host that answers with neither an error nor the payload is at fault."""
    if value is None:
        raise PluginAPIError(f"the host answered {rpc} with neither an error nor {field}", rpc=rpc)
    return value


def given(value: T | None, rpc: str, parameter: str) -> T:
    """`value`; a host that cannot do without it must not be called without it."""
    if value is None:
        raise ValidationError(f"{rpc} needs {parameter}, and got None; nothing was sent", rpc=rpc)
    return value


def filled(value: T | None, model: type[T]) -> T:
    """`value`; for a host that cannot do without it, an empty one in place of None."""
    return model() if value is None else value


class _Client:
    """What the sync and the async core share: settings, address, error mapping."""

    _options: ClassVar[ClientOptions]

    def __init__(
        self,
        target: str | None = None,
        *,
        channel: Any = None,
        timeout: float | None = None,
        metadata: Metadata = (),
        channel_options: Sequence[tuple[str, Any]] = (),
        keep_unknown: bool = True,
    ) -> None:
        """A client of the host at `target` (`host:port` or `unix:///path`).

        Without `target` the address comes from the environment the host sets. `channel`: use
        this one instead, and leave it open at the end. `timeout`: default deadline in seconds.
        `metadata`: sent with every call. `keep_unknown=False` drops fields that a newer host
        sends and this SDK does not know, instead of sending them back with a changed entity.
        Nothing is connected before the first call.
        """
        self._target = target
        self._channel: Any = channel
        self._owns_channel = channel is None
        self._timeout = self._options.timeout if timeout is None else timeout
        self._metadata = tuple(metadata)
        self._channel_options = tuple(channel_options)
        self._keep_unknown = keep_unknown
        self._calls: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._closed = False

    def _address(self) -> str:
        env = self._options.target_env
        target = self._target or (os.environ.get(env, "") if env else "")
        if target:
            return target
        advice = f"pass target= or set {env}" if env else "pass target="
        raise UnavailableError(f"no address to connect to; {advice}")

    def _grpc_options(self, address: str) -> list[tuple[str, Any]]:
        options: dict[str, Any] = dict([*message_limits(), *metadata_limits()])
        if self._options.idempotent:
            options["grpc.service_config"] = _retries(self._options)
        return channel_options(address, options | dict(self._channel_options))

    def _call(self, rpc: str, kind: str) -> Any:
        call = self._calls.get(rpc)
        if call is None:
            with self._lock:
                if self._closed:
                    raise UnavailableError("the client is closed; make a new one", rpc=rpc)
                if self._channel is None:
                    address = self._address()
                    self._channel = self._connect(address, self._grpc_options(address))
                make = getattr(self._channel, kind)
                call = self._calls[rpc] = make(f"/{self._options.service}/{rpc}")
        return call

    def _connect(self, address: str, options: list[tuple[str, Any]]) -> Any:
        raise AssertionError("a core says how it connects")

    def _arguments(
        self, timeout: float | None, metadata: Metadata | None, apart: bool = False
    ) -> dict[str, Any]:
        """`apart`: whether the call may take longer than the handler that makes it."""
        if timeout is None:
            timeout = self._timeout
        if not apart:
            timeout = min(timeout, remaining())
        return {
            # gRPC takes infinity for a time that has passed.
            "timeout": None if timeout == math.inf else timeout,
            "metadata": (*self._metadata, *(metadata or ())) or None,
        }

    def _start(
        self,
        rpc: str,
        kind: str,
        argument: Any,
        timeout: float | None,
        metadata: Metadata | None,
    ) -> Any:
        """A call under way; one that cannot be made fails as if the peer had refused it."""
        call = self._call(rpc, kind)
        apart = timeout is not None and kind != "stream_unary"
        try:
            return call(argument, **self._arguments(timeout, metadata, apart))
        except Exception as error:
            raise self._failure(error, rpc) from None

    def _answer(self, rpc: str, cls: type[R], data: bytes) -> R:
        """The response in `data`; raises the failure it embeds."""
        try:
            response = codec.decode(cls, data, keep_unknown=self._keep_unknown)
        except DecodeError as error:
            raise PluginAPIError(f"the host's answer is {error}", rpc=rpc) from None
        errors = self._options.errors
        if errors is not None and (failure := errors.failure(response, rpc)):
            raise failure
        return response

    def _told(
        self,
        error: BaseException,
        rpc: str,
        outgoing: _Outgoing | _AsyncOutgoing | None = None,
    ) -> BaseException:
        """What a caller gets for `error`: what its own requests raised comes before the status that
        gRPC makes of that. `error` itself if that is not of the call, such as a cancellation.
        """
        # Not by its truth, which an exception may have an opinion of.
        if outgoing is not None and outgoing.failure is not None:
            return outgoing.failure
        if isinstance(error, Exception) or self._comes_of_close(error):
            return self._failure(error, rpc)
        return error

    def _comes_of_close(self, error: BaseException) -> bool:
        return False

    def _failure(self, error: Any, rpc: str) -> PluginAPIError:
        """The exception for what gRPC raised: a status, or something of its own."""
        status = isinstance(error, grpc.RpcError)
        if self._closed and not (status and error.code() is not grpc.StatusCode.CANCELLED):
            return UnavailableError("the client was closed during the call", rpc=rpc)
        if status:
            code, errors = _code(error), self._options.errors
            cls = errors.exception(code) if errors is not None else None
            return from_status(code, error.details(), rpc, cls, _details(error))
        if "closed" in str(error):
            return UnavailableError("the channel is closed; make a new client", rpc=rpc)
        return ValidationError(f"metadata or timeout cannot be sent: {error}", rpc=rpc)


def _code(error: Any) -> grpc.StatusCode:
    """The status of a call. Servers keep its deadline too, and if they are first it ends with
    CANCELLED, which says nothing of a deadline: in words of tonic, or because grpc-go resets it.
    """
    code: grpc.StatusCode = error.code()
    if code is grpc.StatusCode.CANCELLED:
        text = str(error.details())
        if text == "Timeout expired" or "RST_STREAM" in text:
            return grpc.StatusCode.DEADLINE_EXCEEDED
    return code


def _details(error: Any) -> tuple[AnyMessage, ...]:
    """What a peer's status carries in trailing metadata, as `google.rpc.Status`."""
    trailers = getattr(error, "trailing_metadata", tuple)  # a channel may be of any make
    for key, value in trailers() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            from .status_details import read  # hardly any peer sends them

            return read(value)
    return ()


def _retries(options: ClientOptions) -> str:
    """A gRPC service config that repeats idempotent calls the host was not there to answer."""
    names = [{"service": options.service, "method": rpc} for rpc in options.idempotent]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.1s",
        "maxBackoff": "2s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": policy}]})


class SyncClient(_Client):
    """The core of generated sync clients; a context manager, safe to share between threads."""

    def _connect(self, address: str, options: list[tuple[str, Any]]) -> Any:
        return grpc.insecure_channel(address, options=options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; calls still under way end with UnavailableError."""
        with self._lock:
            self._closed = True
            self._calls.clear()
            channel, self._channel = self._channel, None
        if channel is not None and self._owns_channel:
            channel.close()

    def _unary(
        self,
        rpc: str,
        request: Model,
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> R:
        data = codec.encode(request)
        call = self._call(rpc, "unary_unary")
        with waiting():
            try:
                answer = call(data, **self._arguments(timeout, metadata))
            except Exception as error:
                raise self._failure(error, rpc) from None
        return self._answer(rpc, response, answer)

    def _server_stream(
        self,
        rpc: str,
        request: Model,
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> Iterator[R]:
        data = codec.encode(request)
        stream = self._start(rpc, "unary_stream", data, timeout, metadata)
        yield from self._items(rpc, response, stream, None)

    def _client_stream(
        self,
        rpc: str,
        requests: Iterable[Model],
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> R:
        call = self._call(rpc, "stream_unary")
        outgoing = _Outgoing(requests)
        with waiting():
            try:
                answer = call(outgoing, **self._arguments(timeout, metadata))
            except Exception as error:
                raise self._told(error, rpc, outgoing) from None
        return self._answer(rpc, response, answer)

    def _bidi_stream(
        self,
        rpc: str,
        requests: Iterable[Model],
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> Iterator[R]:
        outgoing = _Outgoing(requests)
        stream = self._start(rpc, "stream_stream", outgoing, timeout, metadata)
        yield from self._items(rpc, response, stream, outgoing)

    def _items(
        self, rpc: str, response: type[R], stream: Any, outgoing: _Outgoing | None
    ) -> Iterator[R]:
        """The messages of a stream; leaving the loop early cancels the call."""
        try:
            while (data := _next(stream)) is not None:
                yield self._answer(rpc, response, data)
        except grpc.RpcError as error:
            raise self._told(error, rpc, outgoing) from None
        finally:
            stream.cancel()


def _next(stream: Iterator[bytes]) -> bytes | None:
    with waiting():
        return next(stream, None)


class _Outgoing:
    """The requests of a stream, encoded; an error of the user's iterator is kept, for gRPC
    reports it as a status without a cause."""

    def __init__(self, requests: Iterable[Model]) -> None:
        self._requests = iter(requests)
        self._variables = contextvars.copy_context()
        self.failure: BaseException | None = None

    def __iter__(self) -> _Outgoing:
        return self

    def __next__(self) -> bytes:
        try:
            # In a thread of gRPC.
            return codec.encode(self._variables.run(next, self._requests))
        except StopIteration:
            raise
        except BaseException as error:
            self.failure = error
            raise


class AsyncClient(_Client):
    """The core of generated async clients; an async context manager, for one event loop."""

    def _connect(self, address: str, options: list[tuple[str, Any]]) -> Any:
        import grpc.aio

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
        call = self._call(rpc, "unary_unary")
        try:
            answer = await call(data, **self._arguments(timeout, metadata))
        except BaseException as error:
            told = self._told(error, rpc)
            if told is error:
                raise
            raise told from None
        return self._answer(rpc, response, answer)

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
        outgoing = _AsyncOutgoing(requests)
        call = self._start(rpc, "stream_unary", outgoing.encoded(), timeout, metadata)
        stream = outgoing.of(call)
        try:
            answer: bytes = await stream
        except BaseException as error:
            told = self._told(error, rpc, outgoing)
            if told is error:
                raise
            raise told from None
        return self._answer(rpc, response, answer)

    async def _bidi_stream(
        self,
        rpc: str,
        requests: AsyncIterable[Model],
        response: type[R],
        timeout: float | None,
        metadata: Metadata | None,
    ) -> AsyncIterator[R]:
        outgoing = _AsyncOutgoing(requests)
        call = self._start(rpc, "stream_stream", outgoing.encoded(), timeout, metadata)
        stream = outgoing.of(call)
        async for item in self._items(rpc, response, stream, outgoing):
            yield item

    async def _items(
        self, rpc: str, response: type[R], stream: Any, outgoing: _AsyncOutgoing | None
    ) -> AsyncIterator[R]:
        """The messages of a stream; leaving the loop early cancels the call."""
        items = aiter(stream)
        try:
            while (data := await self._next(rpc, items, outgoing)) is not None:
                yield self._answer(rpc, response, data)
        finally:
            stream.cancel()

    async def _next(
        self, rpc: str, items: AsyncIterator[bytes], outgoing: _AsyncOutgoing | None
    ) -> bytes | None:
        """The next message of a stream, None at its end."""
        try:
            return await anext(items, None)
        except BaseException as error:
            told = self._told(error, rpc, outgoing)
            if told is error:
                raise
            raise told from None


class _AsyncOutgoing:
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
        self.failure: BaseException | None = None

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
