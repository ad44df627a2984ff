"""How is a plugin run that gets its address on the command line?

`<bind> [--tcp] [--debug] [--json]`: bind is the path of a Unix socket, or host:port with `--tcp`.
There is no handshake: the host waits until the socket is there. Stdout is the log (`level_log`).
SIGTERM and SIGINT stop the process, a second one at once; so does the end of the parent, unless
`--tcp` or process 1 say that there is none.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import LaunchError
from ..limits import MAX_MESSAGE_BYTES, STATUS_BYTES, checked_status_bytes
from ..process.application import Application, ApplicationProcess
from ..process.endpoint import MAX_PATH_BYTES, Endpoint, bind_grpc
from ..process.guardian import Guardian
from ..process.serving import MAX_STREAMS, Close, refuse, run_guarded
from . import level_log

if TYPE_CHECKING:
    from ..process.diversion import Diversion
    from .file_scheme import Relayed

_log = logging.getLogger("plugwright.styles")

ONE_SECOND = 1.0  # to find out whether somebody listens on a socket that is there


@dataclass(frozen=True, slots=True)
class SocketArgument:
    """The launch style and its constants.

    `grace_seconds`: from the request to stop until the process is gone. `max_message_bytes`,
    `max_streams`: limits of the server. `max_status_bytes`: of the details of an error that the
    host takes. `file_scheme`: hosts call with `:scheme: file` over the
    socket, which grpc refuses by itself.
    """

    grace_seconds: float = 4.0
    max_message_bytes: int = MAX_MESSAGE_BYTES
    max_streams: int = MAX_STREAMS
    max_status_bytes: int = STATUS_BYTES
    file_scheme: bool = False

    def __post_init__(self) -> None:
        checked_status_bytes(self.max_status_bytes)

    def prepare(self) -> None:
        """Nothing: the host waits for the socket, whatever is printed before."""

    def run(self, application: Application) -> NoReturn:
        """Be the process of `application`; never returns."""
        parent = os.getppid()
        try:
            line, log = begin(sys.argv[1:])
        except LaunchError as error:
            refuse(error)
        address = TcpAddress(line.bind) if line.tcp else UnixAddress(line.bind, self.file_scheme)

        def guardian() -> Guardian:
            watched = None if line.tcp or parent == 1 else parent
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


def read_command_line(words: Sequence[str]) -> CommandLine:
    """Raises `LaunchError` if the words do not fit."""
    parser = _Parser(description="Started by its host, or by hand.")
    parser.add_argument("bind", help="path of a Unix socket; with --tcp host:port")
    parser.add_argument("-t", "--tcp", action="store_true", help="listen on TCP")
    parser.add_argument("-d", "--debug", action="store_true", help="log details")
    parser.add_argument("-j", "--json", action="store_true", help="log JSON objects")
    found = parser.parse_args(words)
    return CommandLine(found.bind, found.tcp, found.debug, found.json)


def begin(words: Sequence[str]) -> tuple[CommandLine, Diversion]:
    """Make stdout the log, where words that do not fit are told too; raises `LaunchError`."""
    try:
        line = read_command_line(words)
    except LaunchError:
        level_log.configure(debug=False, as_json=False)
        raise
    return line, level_log.configure(debug=line.debug, as_json=line.json)


class UnixAddress:
    """A socket file: what a dead process left in its place is removed, nothing else.

    `file_scheme`: calls on it may say `:scheme: file`.
    """

    def __init__(self, path: str, file_scheme: bool = False) -> None:
        self.name = self._path = os.path.abspath(path)
        self._file_scheme = file_scheme
        self._owned: tuple[int, int] | None = None
        self._relayed: Relayed | None = None

    async def listen(self, server: Any) -> Close:
        """Make a server that has not started listen; what is returned ends that."""
        if not self._file_scheme:
            self._bind(lambda path: bind_grpc(server, Endpoint("unix", path)))
            return self._close
        from .file_scheme import Relayed  # most hosts have no need of it

        relayed = self._relayed = Relayed(server)
        try:
            self._bind(relayed.listen)
        except LaunchError:
            relayed.release()
            raise
        relay = relayed.serve()

        async def close() -> None:
            await relay.close()
            self.release()

        return close

    async def _close(self) -> None:
        self.release()

    def _bind(self, bind: Callable[[str], object]) -> None:
        """The host connects as soon as there is a file, so it gets its name when `bind`, which also
        makes it listen, is done.
        """
        if len(os.fsencode(self._path)) > MAX_PATH_BYTES:
            raise LaunchError(
                f"the socket path {self._path} is longer than {MAX_PATH_BYTES} bytes: "
                "choose a shorter one"
            )
        self._make_way()
        early = path_beside(self._path)
        before = os.umask(0o177)
        try:
            bind(early)
            os.rename(early, self._path)
            self._owned = identity(self._path)
        except OSError as error:
            text = f"cannot listen on {self._path}: {error.strerror}"
            raise LaunchError(text) from error
        except LaunchError as error:
            raise LaunchError(str(error).replace(early, self._path)) from error
        finally:
            os.umask(before)

    def _make_way(self) -> None:
        try:
            mode = os.lstat(self._path).st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise LaunchError(f"cannot listen on {self._path}: {error.strerror}") from error
        if not stat.S_ISSOCK(mode):
            raise LaunchError(
                f"{self._path} is there and no socket: remove it, or choose another path"
            )
        if somebody_listens(self._path):
            raise LaunchError(f"another process listens on {self._path}: stop it first")
        os.unlink(self._path)

    def release(self) -> None:
        """Remove the file, if it is still ours; from any thread."""
        if self._relayed is not None:
            self._relayed.release()
        if self._owned is not None and identity(self._path) == self._owned:
            with contextlib.suppress(OSError):
                os.unlink(self._path)


class TcpAddress:
    """host:port, as grpc takes it."""

    def __init__(self, address: str) -> None:
        self.name = self._address = address

    async def listen(self, server: Any) -> Close:
        """As that of `UnixAddress`."""
        host, colon, port = self._address.rpartition(":")
        digits = port.isascii() and port.isdigit() and len(port) <= 5
        if not (host and colon and digits and int(port) <= 65535):
            raise LaunchError(
                f"{self._address!r} is no TCP address: give host:port, as in 127.0.0.1:50051"
            )
        try:  # grpc would complain on stderr
            socket.getaddrinfo(host.strip("[]"), int(port), flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            text = f"cannot listen on {self._address}: {error}"
            raise LaunchError(text) from error
        bound = bind_grpc(server, Endpoint("tcp", self._address))
        self.name = f"{host}:{bound}"  # of port 0 it is the one that was free

        async def close() -> None:
            """The server has stopped, nothing is left behind."""

        return close

    def release(self) -> None:
        """Nothing is left behind."""


def path_beside(path: str) -> str:
    """Another path in the same folder; `path` itself if there is no room for one."""
    other = os.path.join(os.path.dirname(path), f".{os.getpid():x}")
    return other if len(os.fsencode(other)) <= MAX_PATH_BYTES else path


def identity(path: str) -> tuple[int, int] | None:
    """Device and inode of a file, None if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def somebody_listens(path: str) -> bool:
    """Whether a process accepts connections on a socket file."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ONE_SECOND)
        try:
            probe.connect(path)
        except (TimeoutError, BlockingIOError):  # its queue is full
            return True
        except OSError:
            return False
    return True


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
