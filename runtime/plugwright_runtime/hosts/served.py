"""What does a host serve its plugins? Servicers as generated code has them, on connections of a
broker, or on an address that a plugin is told when it starts.

Functions run in a pool of threads, coroutines in a `Place`: on the loop of the application, or on
one of their own. For the loop of hosts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple, Unpack

import grpc
import grpc.aio

from ..limits import MOST_STATUS_BYTES
from ..loops.crossing import Mailbox, mailbox
from ..loops.places import HandlerLoop, Place
from ..loops.pool import HandlerPool
from ..process.endpoint import Endpoint, bind_grpc, discard
from ..process.server_limits import ServerLimits
from ..rpc.servicer import Servicer, handlers
from .channels import limits

A = TypeVarTuple("A")
T = TypeVar("T")


class OnLoop(Place):
    """The loop of an application, for its coroutines."""

    def __init__(self, there: Mailbox) -> None:
        self._there = there
        self._transport = mailbox()

    def run(self, function: Callable[[Unpack[A]], Awaitable[T]], *args: *A) -> Awaitable[T]:
        return self._there.run(function, *args)

    @property
    def transport(self) -> Mailbox:
        return self._transport


@dataclass(frozen=True, slots=True)
class Api:
    """What plugins call, from their start on. `variable`: that of a plugin's environment which has
    the address, as gRPC spells it; "" where a plugin finds it among its arguments.
    """

    servicer: Servicer
    variable: str = ""


class Serving:
    """What one plugin is served. `there`: the loop for coroutines, None = one of their own."""

    def __init__(self, style: ServerLimits, there: Mailbox | None) -> None:
        self._style = style
        self._pool = HandlerPool(name="plugin-host")
        self._own = HandlerLoop() if there is None else None
        self._place: Place = self._own or OnLoop(there or mailbox())
        self._servers: list[Any] = []

    @property
    def options(self) -> list[tuple[str, Any]]:
        """Of the servers."""
        return limits(self._style)

    def handlers(self, servicer: Servicer) -> grpc.GenericRpcHandler:
        return handlers(servicer, self._pool, self._place, MOST_STATUS_BYTES)

    async def listen(self, servicer: Servicer, endpoint: Endpoint) -> Endpoint:
        """Serve at an address, of which port 0 is one that is free."""
        server = grpc.aio.server(options=self.options)
        server.add_generic_rpc_handlers((self.handlers(servicer),))
        try:
            port = bind_grpc(server, endpoint)
        except BaseException:
            await discard(server)
            raise
        await server.start()
        self._servers.append(server)
        if endpoint.network == "unix":
            return endpoint
        return Endpoint("tcp", f"{endpoint.address.rpartition(':')[0]}:{port}")

    async def close(self) -> None:
        for server in self._servers:
            await server.stop(0)
        if self._own is not None:
            await self._own.stop()
        self._pool.shutdown(wait=False)
