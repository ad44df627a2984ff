"""How do handlers use the broker? Their coroutines run on another loop than its connections.

`BridgedBroker` has what `Broker` has. What is served through it runs on the handlers' loop, and the
channels it dials are for that loop. Made by `style`, as the `broker` of a plugin instance.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from ...loops.bridged_channel import BridgedChannel
from ...rpc.bridged_calls import BridgedServer

if TYPE_CHECKING:
    from ...loops.places import HandlerLoop
    from ...process.serving import Close, Register
    from .broker import Accepted, Broker, Dialled


class BridgedBroker:
    """A `Broker` for the coroutines on `handlers`."""

    def __init__(self, broker: Broker, handlers: HandlerLoop) -> None:
        self._broker = broker
        self._handlers = handlers
        self._transport = handlers.transport

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
