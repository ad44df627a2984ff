"""Where does a server listen whose host has given it the address?

In: the path of a Unix socket, or host:port, as the command line has them. Out: a server that
listens there, or a `LaunchError` that says why it cannot. Called by `socket_argument`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..exceptions import LaunchError
from ..process.endpoint import MAX_PATH_BYTES, Endpoint, bind_grpc
from ..process.serving import Close

if TYPE_CHECKING:
    from .file_scheme import Relayed

ONE_SECOND = 1.0  # to find out whether somebody listens on a socket that is there


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
            self._owned = file_id(self._path)
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
        if self._owned is not None and file_id(self._path) == self._owned:
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


def file_id(path: str) -> tuple[int, int] | None:
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
