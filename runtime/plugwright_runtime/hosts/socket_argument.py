"""How does a host start a plugin that gets its socket's path on the command line, or in a variable?

There is no handshake: the socket is there when the plugin listens. Stdout is its log, too, and
SIGTERM ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os

from ..process.endpoint import Endpoint
from ..styles.goplugin.transport import Reached
from ..styles.socket_argument import SocketArgument
from .child import Child
from .failures import ExitedAtStart, HandshakeError
from .options import Options
from .plugin_log import PluginLog
from .way import Way, check_listens

LOOK_SECONDS = 0.01


class SocketArgumentWay(Way[SocketArgument]):
    """The host's half of the style, for one process."""

    awaited = "its socket"

    def __init__(self, style: SocketArgument, options: Options, folder: str) -> None:
        super().__init__(style, options, folder)
        self._endpoint = Endpoint("unix", os.path.join(folder, "plugin.sock"))
        address = self._endpoint.address
        if style.endpoint_env:
            self.variables = {style.endpoint_env: f"unix://{address}"}
        else:
            self.arguments = (address,)
        self._log = PluginLog(f"plugin.{options.name}", words=True)

    async def reached(self, child: Child) -> Reached:
        child.follow(self._log)
        while not await self._listens():
            if child.exited.done():
                raise ExitedAtStart(f"the plugin {child.exited.result()} before {self.awaited}")
            await asyncio.sleep(LOOK_SECONDS)

        async def close() -> None:
            self._log.end()

        return Reached(self._endpoint.target, close)

    async def _listens(self) -> bool:
        with contextlib.suppress(HandshakeError):
            await check_listens(self._endpoint)
            return True
        return False
