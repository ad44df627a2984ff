"""How does a test see a failure cross from a servicer to a client, as a case of `error_*` says?"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NoReturn

import grpc
import pytest
from plugwright_runtime import codec
from plugwright_runtime.errors import (
    PluginAPIError,
)
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

from kit.bridged_loop import Run


class Peer:
    """A served servicer, and a client of it; `act(request)` is what each method does.

    `run` runs coroutines; without it methods are functions, and the client is the sync one.
    `call` gives the result, for a stream of answers the list of them.
    """

    def __init__(self, package: Any, service: str, run: Run | None) -> None:
        self.package = package
        self.models = importlib.import_module(f"{package.__name__}.models")
        self.run = run
        is_async = self.is_async = run is not None
        self.act: Callable[[Any], Any] = lambda request: None
        self.items = 1  # in a stream of requests
        servicers = importlib.import_module(f"{package.__name__}.servicers")
        base: Any = getattr(servicers, f"{service}Servicer")
        self.rpcs = {rpc.method: rpc for rpc in base.__rpcs__}
        methods = {name: self._method(rpc.kind) for name, rpc in self.rpcs.items()}
        self.servicer = type(f"Acting{service}", (base,), methods)()
        self.pool = HandlerPool()
        self.server = BackgroundServer(lambda place: [handlers(self.servicer, self.pool, place)])
        self.address = self.server.start()
        clients = importlib.import_module(f"{package.__name__}.clients")
        name = f"{'Async' if is_async else ''}{service}Client"
        self.client_class: Any = getattr(clients, name)

    def _method(self, kind: str) -> Any:
        peer = self

        def unary(self: Any, request: Any, context: Any) -> Any:
            return peer.act(request)

        def stream(self: Any, request: Any, context: Any) -> Iterator[Any]:
            yield from peer.act(request)

        async def async_unary(self: Any, request: Any, context: Any) -> Any:
            return peer.act(request)

        async def async_stream(self: Any, request: Any, context: Any) -> AsyncIterator[Any]:
            for reply in peer.act(request):
                yield reply

        if kind in ("server_stream", "bidi_stream"):
            return async_stream if self.is_async else stream
        return async_unary if self.is_async else unary

    def stop(self) -> None:
        self.server.stop()
        self.pool.shutdown()

    def arguments(self, method: str) -> tuple[Any, ...]:
        """Something to call `method` with."""
        rpc = self.rpcs[method]
        if rpc.kind in ("client_stream", "bidi_stream"):
            items = [self.package.registry.message(rpc.request)()] * self.items
            return (_items(items) if self.is_async else items,)
        function = getattr(self.client_class, method)
        kinds = inspect.signature(function).parameters.values()
        required = [p for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
        if rpc.request.endswith("Request"):
            return ("x",) * len(required)
        return (self.package.registry.message(rpc.request)(),) if required else ()

    def call(self, method: str) -> Any:
        arguments = self.arguments(method)
        streams = self.rpcs[method].kind in ("server_stream", "bidi_stream")
        if self.run is not None:
            return self.run(self._call(method, arguments, streams))
        with self.client_class(self.address) as client:
            result = getattr(client, method)(*arguments)
            return list(result) if streams else result

    async def _call(self, method: str, arguments: tuple[Any, ...], streams: bool) -> Any:
        async with self.client_class(self.address) as client:
            result = getattr(client, method)(*arguments)
            return [item async for item in result] if streams else await result

    def failure(self, method: str) -> PluginAPIError:
        with pytest.raises(PluginAPIError) as caught:
            self.call(method)
        assert caught.value.rpc == self.rpcs[method].name
        return caught.value

    def fail(self, method: str, error: BaseException) -> PluginAPIError:
        """What the client raises when the method raises `error`."""
        self.act = raising(error)
        return self.failure(method)

    def wire(self, method: str) -> Any:
        """The answer to a unary call as it is on the wire."""
        rpc = self.rpcs[method]
        service = self.servicer.__service__
        with grpc.insecure_channel(self.address) as channel:
            data = channel.unary_unary(f"/{service}/{rpc.name}")(b"", timeout=10)
        return codec.decode(self.package.registry.message(rpc.response), data)


async def _items(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item
        await asyncio.sleep(0)


def raising(error: BaseException) -> Callable[[Any], NoReturn]:
    def act(request: Any) -> NoReturn:
        raise error

    return act
