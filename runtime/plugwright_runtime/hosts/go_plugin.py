"""How does a host start a go-plugin?

By environment variables; the first line on stdout is the handshake. Beside the plugin's own
services there are health, its controller, and a stream of what it prints.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Literal

import grpc

from ..process.relay import cancel
from ..rpc.servicer import Servicer
from ..styles.goplugin import environment as names
from ..styles.goplugin.broker import Broker, Dialled
from ..styles.goplugin.certificate import make_key_pair
from ..styles.goplugin.listener import Listeners
from ..styles.goplugin.offers import BrokerError
from ..styles.goplugin.spec import PluginSpec
from ..styles.goplugin.transport import Plain, Reached, Transport
from . import handshake
from .attach import Attached, Running
from .channels import limits
from .child import Child
from .failures import AttachError, HandshakeError
from .mutual_tls import with_plugin
from .options import Options
from .served import Serving
from .stdio import Stdio
from .way import Way, check_listens, first_line

PORTS = (10000, 25000)  # go-plugin's own
ANY_PORT = names.PortRange(0, 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a host listens for its plugin: in the folder that the two share."""

    socket_directory: str
    network: Literal["unix"] = "unix"
    ports: names.PortRange = ANY_PORT
    socket_group: None = None


class GoPluginWay(Way[PluginSpec]):
    """The host's half of go-plugin, for one process."""

    awaited = "its handshake"
    level_words = False  # it has hclog

    def __init__(self, style: PluginSpec, options: Options, folder: str) -> None:
        super().__init__(style, options, folder)
        wanted = options.auto_mtls
        tls = style.auto_mtls == "require" if wanted is None else wanted
        self._listeners = Listeners(Placed(folder))
        self._pair = make_key_pair() if tls else None
        self.variables = {
            style.cookie_key: style.cookie_value,
            names.MIN_PORT: str(PORTS[0]),
            names.MAX_PORT: str(PORTS[1]),
            names.VERSIONS: ",".join(map(str, sorted(style.versions))),
        }
        if style.network != "tcp":
            self.variables[names.SOCKET_DIRECTORY] = folder
        if self._pair is not None:
            self.variables[names.CLIENT_CERTIFICATE] = self._pair.text
        self._stdio = Stdio(options.name)
        self._broker: Broker | None = None
        self._transport: Transport = Plain(self._listeners)
        self._offering: asyncio.Task[None] | None = None

    async def reached(self, child: Child) -> Reached:
        line = await first_line(child, self.awaited)
        tls, remote = self._pair is not None, self.options.allow_remote
        announced = handshake.read(line, handshake.Offered(self.style.versions, tls, remote))
        self.version = announced.version
        if self._pair is None:
            await check_listens(announced.endpoint)
            self.endpoint = announced.endpoint
        else:
            self._transport = await with_plugin(
                self._pair, announced.certificate, announced.endpoint, self._listeners
            )
        return await self._transport.reach(announced.endpoint)

    async def attached(self, running: Running) -> Reached:
        """Without TLS: the keys of the connections are those of the host that started it."""
        if self._pair is not None:
            raise AttachError("a plugin under AutoMTLS can only be called by who started it")
        if running.version not in self.style.versions:
            raise handshake.mismatch(running.version, self.style.versions)
        self.version, self.endpoint = running.version, running.endpoint
        try:
            await check_listens(running.endpoint)
        except HandshakeError:
            where = running.endpoint.address
            raise AttachError(f"no plugin listens on {where}: start it again") from None
        return await self._transport.reach(running.endpoint)

    async def connected(self, channel: Any) -> None:
        self._stdio.open(channel)
        options = limits(self.style)
        self._broker = Broker(self._transport, options, options, "plugin")
        self._offering = asyncio.create_task(self._offer(self._broker, channel), name="broker")

    async def _offer(self, broker: Broker, channel: Any) -> None:
        """Until the plugin ends; one without a broker has none to tell of it."""
        with contextlib.suppress(grpc.RpcError, asyncio.CancelledError):
            await broker.call(channel)

    async def serve(self, servicer: Servicer, serving: Serving) -> int:
        broker = self._opened()
        number = broker.next_id()

        def register(server: Any) -> None:
            server.add_generic_rpc_handlers((serving.handlers(servicer),))

        await broker.accept(number, register)
        return number

    async def dial(self, number: int) -> Dialled:
        return await self._opened().dial(number)

    def _opened(self) -> Broker:
        if self._broker is None:
            raise BrokerError("the plugin has not been started, or has ended")
        return self._broker

    async def ask_to_stop(self, child: Child | Attached, channel: Any, seconds: float) -> None:
        """By the controller. A Go plugin may end before its answer has arrived; one without a
        controller hears of it by a signal only.
        """
        if self._broker is not None:
            await self._broker.close()
        shutdown = channel.unary_unary("/plugin.GRPCController/Shutdown")
        asked = asyncio.ensure_future(shutdown(b"", timeout=seconds))
        exited = asyncio.wrap_future(child.exited)
        await asyncio.wait({asked, exited}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()
        with contextlib.suppress(asyncio.CancelledError, grpc.RpcError):
            try:
                await asked
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                    child.terminate()

    async def close(self) -> None:
        await self._stdio.close()
        if self._broker is not None:
            await self._broker.close()
            self._broker = None
        if self._offering is not None:
            await cancel(self._offering)
        self._listeners.close()
