"""How do handlers use the broker? Their coroutines run on another loop than its connections.

`BridgedBroker` is the `Broker` of a plugin instance. What is served through it runs where the
plugin's handlers do, and the channels it dials are for the loop of its coroutines. Made by `style`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import inspect
import logging
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

import grpc

from ...hooks import broker as hooks
from ...loops.bridged_channel import BridgedChannel
from ...loops.pool import waiting
from ...rpc.bridged_calls import BridgedServer
from ...rpc.client_sync import SyncClient

if TYPE_CHECKING:
    from ...loops.places import HandlerLoop
    from ...process.serving import Close, Register
    from ...rpc.servicer import Servicer
    from .broker import Accepted, Broker, Dialled

MakeHandlers = Callable[["Servicer"], grpc.GenericRpcHandler]

_log = logging.getLogger("plugwright.styles")


class BridgedBroker(hooks.Broker):
    """A `Broker` for the coroutines on `handlers`; `make_handlers`: as those of the plugin are."""

    def __init__(self, broker: Broker, handlers: HandlerLoop, make_handlers: MakeHandlers) -> None:
        self._broker = broker
        self._handlers = handlers
        self._make_handlers = make_handlers
        self._transport = handlers.transport
        self._served: dict[int, asyncio.Task[Accepted]] = {}  # for the transport's loop

    def client(self, cls: Any, service_id: int) -> Any:
        """As `hooks.Broker.client`."""
        if issubclass(cls, SyncClient):
            return self._sync_client(cls, service_id)

        async def connected() -> Any:
            dialled = await self.dial(service_id)
            return _owning(cls, _Closing(dialled.channel, dialled.close))

        def make() -> Generator[Any, Any, Any]:
            return connected().__await__()

        return hooks.Dialling(make)

    def _sync_client(self, cls: Any, service_id: int) -> Any:
        with waiting():
            dialled = self._across(self._broker.dial(service_id)).result()
        channel = grpc.insecure_channel(dialled.target, options=dialled.options)

        def close() -> None:
            channel.close()
            with contextlib.suppress(RuntimeError):  # the plugin has ended, and the connection
                self._across(dialled.close())

        return _owning(cls, _Closing(channel, close))

    def serve(self, servicer: Servicer) -> int:
        """As `hooks.Broker.serve`."""
        handler = self._make_handlers(servicer)
        service_id = self._broker.next_id()
        self._transport.post(self._begin, service_id, handler)
        return service_id

    def stop(self, service_id: int) -> None:
        """As `hooks.Broker.stop`."""
        with contextlib.suppress(RuntimeError):  # the plugin has ended, and what it served
            self._transport.post(self._end, service_id)

    def _begin(self, service_id: int, handler: grpc.GenericRpcHandler) -> None:
        def add(server: Any) -> None:
            server.add_generic_rpc_handlers((handler,))

        accepting = asyncio.ensure_future(self._broker.accept(service_id, add))
        accepting.add_done_callback(_tell_failure)
        self._served[service_id] = accepting

    def _end(self, service_id: int) -> None:
        accepting = self._served.pop(service_id, None)
        if accepting is not None:
            accepting.cancel()  # in vain if it is done
            accepting.add_done_callback(_close)

    def _across(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The future of `work` on the transport's loop, for a thread."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self._transport.loop)
        except RuntimeError:
            work.close()
            raise

    def next_id(self) -> int:
        """As `Broker.next_id`."""
        return self._broker.next_id()

    async def accept(self, service_id: int, register: Register[Any]) -> Accepted:
        """As `Broker.accept`; `register` and the handlers it adds run here."""

        async def add_to(server: Any) -> None:
            outcome = register(BridgedServer(server, self._handlers))
            if inspect.isawaitable(outcome):
                await outcome

        async def across(server: Any) -> None:
            await self._handlers.run(add_to, server)

        accepted = await self._transport.run(self._broker.accept, service_id, across)
        return dataclasses.replace(accepted, close=self._closing(accepted.close))

    async def dial(self, service_id: int) -> Dialled:
        """As `Broker.dial`; the channel has what `BridgedChannel` has."""
        dialled = await self._transport.run(self._broker.dial, service_id)
        real = dialled.channel
        channel = BridgedChannel(self._transport, lambda: real)
        close = self._closing(dialled.close)
        return dataclasses.replace(dialled, channel=channel, close=close)

    def _closing(self, close: Close) -> Close:
        async def closing() -> None:
            await self._transport.run(close)

        return closing


class _Closing:
    """A channel that closes more than itself."""

    def __init__(self, channel: Any, close: Callable[[], Any]) -> None:
        self._channel = channel
        self.close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


def _owning(cls: Any, channel: Any) -> Any:
    """A client that closes `channel` when it is closed."""
    client = cls(channel=channel)
    client._owns_channel = True
    return client


_closing: set[asyncio.Future[Any]] = set()


def _close(accepting: asyncio.Task[Accepted]) -> None:
    if not accepting.cancelled() and accepting.exception() is None:
        closing = asyncio.ensure_future(accepting.result().close())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)


def _tell_failure(accepting: asyncio.Task[Accepted]) -> None:
    if not accepting.cancelled() and (error := accepting.exception()) is not None:
        _log.error("the host is not served what it was offered: %s", error)
