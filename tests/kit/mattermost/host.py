"""How does a test act as the Mattermost server, and call it through both clients alike?

`ScriptedHost` answers any RPC with the bytes or the status a test tells it and keeps what it was
sent, bytes to bytes, so that nothing of the SDK's converters is on its side. `Surface` calls a
method of the sync or the async client and gives the result, whichever it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from kit.bridged_loop import BridgedRunner
from kit.mattermost.facts import PACKAGE
from mattermost_plugin import AsyncPluginAPIClient, PluginAPIClient
from plugwright_runtime.testing import BackgroundServer


@dataclass(frozen=True)
class Status:
    """A gRPC status to end a call with."""

    code: grpc.StatusCode
    details: str = ""


@dataclass(frozen=True)
class Seen:
    """A call as it arrived: path, request bytes, metadata, seconds to the deadline."""

    path: str
    data: bytes
    metadata: tuple[tuple[str, str | bytes], ...]
    remaining: float | None


@dataclass
class ScriptedHost(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Serves every path with `answer`; a callable answers by coroutine, from context."""

    answer: bytes | Status | Callable[[Any], Any] = b""
    seen: list[Seen] = field(default_factory=list[Seen])
    server: BackgroundServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = BackgroundServer(lambda _: [self])
        self.server.start()

    @property
    def address(self) -> str:
        return self.server.address

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def service(self, details: Any) -> Any:
        async def serve(data: bytes, context: Any) -> bytes:
            metadata = tuple(context.invocation_metadata())
            remaining = context.time_remaining()
            self.seen.append(Seen(details.method, data, metadata, remaining))
            answer = self.answer
            if isinstance(answer, bytes):
                return answer
            if not isinstance(answer, Status):
                result: bytes = await answer(context)
                return result
            await context.abort(answer.code, answer.details)
            raise AssertionError  # abort never returns

        return grpc.unary_unary_rpc_method_handler(serve)

    def path(self, rpc: str) -> str:
        return f"/{PACKAGE}.PluginAPI/{rpc}"


class Surface:
    """One of the clients. Settings are those of its constructor."""

    name = "sync"
    client_class: Any = PluginAPIClient

    def __init__(self, address: str | None = None, **settings: Any) -> None:
        self.client: Any = self.client_class(address, **settings)

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.client, method)(*args, **kwargs)

    def close(self) -> None:
        self.client.close()

    def stop(self) -> None:
        """Give back what the surface itself needs."""
        self.close()


class AsyncSurface(Surface):
    """The async client, driven from a loop of its own."""

    name = "async"
    client_class = AsyncPluginAPIClient
    runner_class: Any = asyncio.Runner

    def __init__(self, address: str | None = None, **settings: Any) -> None:
        self.runner = self.runner_class()
        super().__init__(address, **settings)

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Any:
        async def called() -> Any:
            return await getattr(self.client, method)(*args, **kwargs)

        return self.runner.run(called())

    def close(self) -> None:
        self.runner.run(self.client.close())

    def stop(self) -> None:
        super().stop()
        self.runner.close()


class BridgedSurface(AsyncSurface):
    """The async client in a plugin's coroutines, whose loop is not that of the channel."""

    name = "bridged"
    runner_class = BridgedRunner


SURFACES = [Surface, AsyncSurface, BridgedSurface]
