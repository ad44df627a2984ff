"""How does a host start a go-plugin?

By environment variables; the first line on stdout is the handshake. Beside the plugin's own
services there are health, its controller, and a stream of what it prints.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import grpc
import grpc.aio

from ..styles.goplugin import environment as names
from ..styles.goplugin.spec import PluginSpec
from ..styles.goplugin.transport import Reached
from . import handshake
from .child import Child
from .options import Options
from .stdio import Stdio
from .way import Way, check_listens, first_line

PORTS = (10000, 25000)  # go-plugin's own


class GoPluginWay(Way[PluginSpec]):
    """The host's half of go-plugin, for one process."""

    awaited = "its handshake"

    def __init__(self, style: PluginSpec, options: Options, folder: str) -> None:
        super().__init__(style, options, folder)
        self.variables = {
            style.cookie_key: style.cookie_value,
            names.MIN_PORT: str(PORTS[0]),
            names.MAX_PORT: str(PORTS[1]),
            names.VERSIONS: ",".join(map(str, sorted(style.versions))),
        }
        if style.network != "tcp":
            self.variables[names.SOCKET_DIRECTORY] = folder
        self._stdio = Stdio(options.name)

    async def reached(self, child: Child) -> Reached:
        line = await first_line(child, self.awaited)
        offered = handshake.Offered(self.style.versions, False, self.options.allow_remote)
        announced = handshake.read(line, offered)
        self.version = announced.version
        await check_listens(announced.endpoint)

        async def close() -> None:
            pass

        return Reached(announced.endpoint.target, close)

    async def connected(self, channel: Any) -> None:
        self._stdio.open(channel)

    async def ask_to_stop(self, child: Child, channel: Any, seconds: float) -> None:
        """By the controller. A Go plugin may end before its answer has arrived; one without a
        controller hears of it by a signal only.
        """
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
