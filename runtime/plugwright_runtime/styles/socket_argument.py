"""How is a plugin run that gets its address on the command line?

`<bind> [--tcp] [--debug] [--json]`: bind is the path of a Unix socket, or host:port with `--tcp`,
or an endpoint, `unix:///path` or `tcp://host:port`; it may be the value of `--endpoint`, or of a
variable. There is no handshake: the host waits until the socket is there. Stdout is the log
(`level_log`).
SIGTERM and SIGINT stop the process, a second one at once; so does the end of the parent, unless
`--tcp` says that there is none.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from ..exceptions import LaunchError
from ..process.application import Application, ApplicationProcess
from ..process.guardian import Guardian
from ..process.server_limits import ServerLimits
from ..process.serving import Close, refuse, run_guarded
from . import level_log
from .socket_address import TcpAddress, UnixAddress

if TYPE_CHECKING:
    from ..process.diversion import Diversion

_log = logging.getLogger("plugwright.styles")


@dataclass(frozen=True, slots=True)
class SocketArgument(ServerLimits):
    """The launch style and its constants. `file_scheme`: hosts call with `:scheme: file` over the
    socket, which grpc refuses by itself. `endpoint_env`: the variable that has the address where
    the command line has none, "" if there is none.
    """

    file_scheme: bool = False
    endpoint_env: str = ""

    def prepare(self) -> None:
        """Nothing: the host waits for the socket, whatever is printed before."""

    def run(self, application: Application) -> NoReturn:
        """Be the process of `application`; never returns."""
        parent = os.getppid()
        try:
            line, log = begin(sys.argv[1:], self.endpoint_env)
        except LaunchError as error:
            refuse(error)
        address = TcpAddress(line.bind) if line.tcp else UnixAddress(line.bind, self.file_scheme)

        def guardian() -> Guardian:
            watched = None if line.tcp else parent
            return Guardian(self.grace_seconds, watched, address.release, interrupts=True)

        run_guarded(guardian, lambda g: SocketProcess(self, application, address, log, g))


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What the command line says."""

    bind: str
    tcp: bool
    debug: bool
    json: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split())
        raise LaunchError(f"{message}; {usage}")


def read_command_line(words: Sequence[str], endpoint_env: str = "") -> CommandLine:
    """Raises `LaunchError` if the words do not fit."""
    parser = _Parser(description="Started by its host, or by hand.")
    text = "path of a Unix socket, unix:///path or tcp://host:port; with --tcp host:port"
    parser.add_argument("bind", nargs="?", help=text)
    parser.add_argument("-e", "--endpoint", help="the same, as an option")
    parser.add_argument("-t", "--tcp", action="store_true", help="listen on TCP")
    parser.add_argument("-d", "--debug", action="store_true", help="log details")
    parser.add_argument("-j", "--json", action="store_true", help="log JSON objects")
    found = parser.parse_args(words)
    if found.bind and found.endpoint:
        parser.error("the address is given twice")
    bind = found.bind or found.endpoint or (os.environ.get(endpoint_env) if endpoint_env else "")
    if not bind:
        variable = f", or set {endpoint_env}" if endpoint_env else ""
        parser.error(f"the address is missing: give the path of a socket{variable}")
    return CommandLine(*address_in(bind, found.tcp), found.debug, found.json)


def address_in(endpoint: str, tcp: bool) -> tuple[str, bool]:
    """The path, or host:port, that an endpoint means, and whether it is the latter."""
    for scheme, is_tcp in (("unix://", False), ("unix:", False), ("tcp://", True)):
        if endpoint.startswith(scheme):
            if is_tcp or not tcp:
                return endpoint.removeprefix(scheme), is_tcp
            raise LaunchError(f"{endpoint!r} is no TCP address, as --tcp says: remove one")
    return endpoint, tcp


def begin(words: Sequence[str], endpoint_env: str = "") -> tuple[CommandLine, Diversion]:
    """Make stdout the log, where words that do not fit are told too; raises `LaunchError`."""
    try:
        line = read_command_line(words, endpoint_env)
    except LaunchError:
        level_log.configure(debug=False, as_json=False)
        raise
    return line, level_log.configure(debug=line.debug, as_json=line.json)


class SocketProcess(ApplicationProcess):
    """The server of one application, on the address of the command line."""

    def __init__(
        self,
        style: SocketArgument,
        application: Application,
        address: UnixAddress | TcpAddress,
        log: Diversion,
        guardian: Guardian,
    ) -> None:
        super().__init__(style, application, guardian)
        self._address = address
        self._log = log

    async def listen(self) -> Close:
        return await self._address.listen(self.server)

    def announce(self) -> None:
        """The socket file says it; whoever started the program by hand has the log."""
        _log.debug("listening on %s", self._address.name)

    async def live(self) -> int:
        try:
            return await super().live()
        finally:
            self._log.finish(0.1)
