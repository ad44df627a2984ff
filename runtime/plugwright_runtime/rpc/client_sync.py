"""How does a sync client make a call? Waiting for it in the thread that asks.

A generated method is one call of `_unary` or of a stream: encode the request, call, map the
failure, decode the answer.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from ..loops.pool import waiting
from ..message import codec
from ..message.model import Model
from .client import ClientBase, Metadata, Outgoing
from .dialling import channel_options

R = TypeVar("R", bound=Model)


class SyncClient(ClientBase):
    """The core of generated sync clients; a context manager, safe to share between threads."""

    def _connect(self, address: str, given: Mapping[str, Any]) -> Any:
        options = channel_options(address, given)
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
        outgoing = _Encoded(requests)
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
        outgoing = _Encoded(requests)
        stream = self._start(rpc, "stream_stream", outgoing, timeout, metadata)
        yield from self._items(rpc, response, stream, outgoing)

    def _items(
        self, rpc: str, response: type[R], stream: Any, outgoing: Outgoing | None
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


class _Encoded(Outgoing):
    """The requests of a stream, encoded in a thread of gRPC."""

    def __init__(self, requests: Iterable[Model]) -> None:
        self._requests = iter(requests)
        self._variables = contextvars.copy_context()

    def __iter__(self) -> _Encoded:
        return self

    def __next__(self) -> bytes:
        try:
            return codec.encode(self._variables.run(next, self._requests))
        except StopIteration:
            raise
        except BaseException as error:
            self.failure = error
            raise
