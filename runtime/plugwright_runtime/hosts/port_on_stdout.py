"""How does a host start a plugin that prints the port it listens on? SIGTERM ends it."""

from __future__ import annotations

from ..process.endpoint import Endpoint, tcp_endpoint
from ..styles.goplugin.transport import Reached
from ..styles.port_on_stdout import PortOnStdout
from .child import Child
from .failures import HandshakeError
from .handshake import shown
from .way import Way, check_listens, first_line


class PortOnStdoutWay(Way[PortOnStdout]):
    """The host's half of the style, for one process."""

    awaited = "its port"

    def api_place(self, variable: str) -> Endpoint:
        """A port where it is an argument: that is what plugins look for."""
        return super().api_place(variable) if variable else tcp_endpoint(0)

    def tell_api(self, variable: str, endpoint: Endpoint) -> None:
        if variable:
            super().tell_api(variable, endpoint)
        else:
            self.arguments = (endpoint.address,)

    async def reached(self, child: Child) -> Reached:
        text = (await first_line(child, self.awaited)).decode("utf-8", "backslashreplace").strip()
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < 65536):
            raise HandshakeError(f"the plugin's first line on stdout is no port: {shown(text)}")
        endpoint = tcp_endpoint(int(text))
        await check_listens(endpoint)

        async def close() -> None:
            pass

        return Reached(endpoint.target, close)
