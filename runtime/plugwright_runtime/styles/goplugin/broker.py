"""How do host and plugin open further connections to each other?

Each side offers a service under a number: it listens, and sends number and address over one stream
(`StartStream`); the other side, which learnt the number in an application message, dials. In: the
`Transport`. Out: `Broker.accept` serves something for the host, `Broker.dial` connects to something
of the host's. Both need a host that has connected, so call them from handlers or tasks, not while
the process registers its services. Made by `process`.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from ...exceptions import LaunchError
from ...process.endpoint import Endpoint, discard
from ...process.serving import Close, Options, Register
from ...rpc.dialling import channel_options
from . import protos
from .offers import WAIT_SECONDS, BrokerError, Offers, check_id, read_endpoint
from .transport import Transport

_log = logging.getLogger("plugwright.styles")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A server of ours for the host; it lives until `close` or the end of the process."""

    service_id: int
    endpoint: Endpoint
    close: Close


@dataclass(frozen=True, slots=True)
class Dialled:
    """A connection to a service of the host's.

    `channel`: a grpc.aio channel to it. `target`, `options`: for a channel of your own (a sync one,
    say): plaintext also under AutoMTLS, which ends in this process. Both work until `close`.
    """

    service_id: int
    channel: Any
    target: str
    options: Options
    close: Close


class Broker:
    """One side of `plugin.GRPCBroker`; for the thread of its event loop. A plugin serves the stream
    of offers (`handler`), a host calls it (`call`). `peer`: the other side, for errors.
    """

    def __init__(
        self,
        transport: Transport,
        server_options: Options,
        channel_options: Options,
        peer: str = "host",
    ) -> None:
        self._peer = peer
        self._transport = transport
        self._server_options = server_options
        self._channel_options = channel_options
        self._ids = itertools.count(1)
        self._offers = Offers(peer)
        self._accepted: set[int] = set()
        self._open: dict[object, Close] = {}
        self._outgoing: asyncio.Queue[Any] | None = (
            None  # of the host's current stream; None ends it
        )
        self._connected = asyncio.Event()
        self._closed = False

    def handler(self) -> Any:
        """The generic handler of `plugin.GRPCBroker`."""
        method = grpc.stream_stream_rpc_method_handler(
            self._start_stream,
            request_deserializer=protos.ConnInfo.FromString,
            response_serializer=protos.ConnInfo.SerializeToString,
        )
        return grpc.method_handlers_generic_handler("plugin.GRPCBroker", {"StartStream": method})

    async def call(self, channel: Any) -> None:
        """A host's side: open the stream, and note the plugin's offers until it ends."""
        outgoing = self._take_over()

        async def offers() -> AsyncIterator[Any]:
            while not self._closed and (info := await outgoing.get()) is not None:
                yield info

        start_stream = channel.stream_stream(
            "/plugin.GRPCBroker/StartStream",
            request_serializer=protos.ConnInfo.SerializeToString,
            response_deserializer=protos.ConnInfo.FromString,
        )
        try:
            await self._read(start_stream(offers()), outgoing)
        finally:
            self._give_up(outgoing)

    def next_id(self) -> int:
        """A number for `accept` that this process has not used: tell it to the host in a message of
        yours.
        """
        return next(self._ids)

    async def accept(self, service_id: int, register: Register[Any]) -> Accepted:
        """Serve the host on a connection of its own: `register` adds handlers to the new grpc
        server.

        Raises `BrokerError` if the number is being served already, if the host has no stream open
        within 5 s, or if no socket can be had.
        """
        check_id(service_id)
        if service_id in self._accepted:
            raise BrokerError(
                f"broker service {service_id} is served already: take a number from next_id()"
            )
        self._accepted.add(service_id)
        try:
            outgoing = await self._stream()
            accepted = await self._serve(service_id, register)
        except BaseException:
            self._accepted.discard(service_id)
            raise
        endpoint = accepted.endpoint
        outgoing.put_nowait(
            protos.ConnInfo(
                service_id=service_id,
                network=endpoint.network,
                address=endpoint.address,
            )
        )
        return accepted

    async def dial(self, service_id: int) -> Dialled:
        """Connect to what the host offers under this number, as soon as its offer arrives.

        Raises `BrokerError` if that takes more than 5 s.
        """
        check_id(service_id)
        self._check_open()
        reached = await self._transport.reach(await self._offers.take(service_id))
        options = channel_options(reached.target, self._channel_options)
        channel = grpc.aio.insecure_channel(reached.target, options=options)

        async def close() -> None:
            await channel.close()
            await reached.close()

        return Dialled(service_id, channel, reached.target, options, self._keep(close))

    async def close(self) -> None:
        """End the host's stream and every connection made here."""
        self._closed = True
        if self._outgoing is not None:
            self._outgoing.put_nowait(None)
        await asyncio.gather(*(close() for close in tuple(self._open.values())))

    async def _serve(self, service_id: int, register: Register[Any]) -> Accepted:
        server = grpc.aio.server(options=self._server_options)
        try:
            outcome = register(server)
            if inspect.isawaitable(outcome):
                await outcome
            exposed = await self._transport.expose(server)
        except LaunchError as error:
            await discard(server)
            raise BrokerError(f"cannot serve broker service {service_id}: {error}") from error
        except BaseException:
            await discard(server)
            raise

        async def close() -> None:
            await server.stop(0)
            await exposed.close()
            self._accepted.discard(service_id)

        await server.start()
        return Accepted(service_id, exposed.endpoint, self._keep(close))

    def _keep(self, close: Close) -> Close:
        """`close`, to be called once: by the application, or at the end by `Broker.close`."""
        key = object()

        async def close_once() -> None:
            if self._open.pop(key, None) is not None:
                await close()

        self._open[key] = close_once
        return close_once

    async def _stream(self) -> asyncio.Queue[Any]:
        """The queue to the host, once it has opened its stream."""
        self._check_open()
        try:
            await asyncio.wait_for(self._connected.wait(), WAIT_SECONDS)
        except TimeoutError:
            raise BrokerError(
                f"the {self._peer} opened no broker stream within {WAIT_SECONDS:g} s"
            ) from None
        if self._outgoing is None:
            raise BrokerError(f"the {self._peer} has closed its broker stream")
        return self._outgoing

    def _check_open(self) -> None:
        if self._closed:
            raise BrokerError("the plugin is stopping: no further broker connections")

    async def _start_stream(self, offers: AsyncIterator[Any], context: Any) -> None:
        """The host's stream: the newest takes over, so a host that reconnects finds a working
        broker.
        """
        outgoing = self._take_over()
        reading = asyncio.create_task(self._read(offers, outgoing), name="broker-offers")
        try:
            await context.send_initial_metadata(())
            while not self._closed and (info := await outgoing.get()) is not None:
                await context.write(info)
        finally:
            reading.cancel()
            self._give_up(outgoing)

    def _take_over(self) -> asyncio.Queue[Any]:
        """What is to be told over a stream that has come."""
        former, self._outgoing = self._outgoing, asyncio.Queue()
        if former is not None:
            former.put_nowait(None)
        self._connected.set()
        return self._outgoing

    def _give_up(self, outgoing: asyncio.Queue[Any]) -> None:
        if self._outgoing is outgoing:
            self._outgoing = None
            self._connected.clear()

    async def _read(self, offers: AsyncIterator[Any], outgoing: asyncio.Queue[Any]) -> None:
        """Note the host's offers until it ends the stream. Knocks belong to multiplexing, which we
        decline.
        """
        try:
            async for info in offers:
                endpoint = read_endpoint(info.network, info.address)
                if endpoint is not None and not info.HasField("knock"):
                    self._offers.arrive(info.service_id, endpoint)
        finally:
            outgoing.put_nowait(None)
