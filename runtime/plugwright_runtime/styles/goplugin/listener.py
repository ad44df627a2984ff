"""Where does the process listen, and who removes the socket files?

In: the host's `Wishes` (port range, socket directory, group). Out: `Endpoint`s, bound by a grpc
server or as a Python socket. One `Listeners` object owns every socket file and the private
directory of a process; `close` removes them and may be called from any thread at any time, so also
on the way to a hard exit. Made by `process`, used by `transport` and `tls`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from typing import Any, Literal, Protocol

from ...exceptions import LaunchError
from ...process import children
from ...process.endpoint import (
    LOOPBACK,
    MAX_PATH_BYTES,
    Endpoint,
    bind_grpc,
    start_listening,
    tcp_endpoint,
    temporary_directory,
)
from .environment import SOCKET_DIRECTORY, SOCKET_GROUP, PortRange

MAX_GROUP = 2**32 - 2  # chown takes the number above it for "leave it as it is"


class Placement(Protocol):
    """Where to listen, as `Wishes` have it of a plugin."""

    @property
    def network(self) -> Literal["unix", "tcp"]: ...
    @property
    def ports(self) -> PortRange: ...
    @property
    def socket_directory(self) -> str | None: ...
    @property
    def socket_group(self) -> str | None: ...


class Listeners:
    """Binds endpoints as the host wants them; owner of the files they leave."""

    def __init__(self, wishes: Placement) -> None:
        self._wishes = wishes
        self._group = find_group(wishes.socket_group) if wishes.network == "unix" else None
        self._paths: set[str] = set()
        self._private: str | None = None
        self._owner = os.getpid()

    def bind_server(self, server: Any) -> Endpoint:
        """Make a grpc server that has not started listen, in plaintext; raises `LaunchError`."""
        if self._wishes.network == "unix":
            return self._bind_path(lambda endpoint: bind_grpc(server, endpoint))
        for port in filter(is_free, self._ports()):
            with contextlib.suppress(LaunchError):  # taken between the question and now
                return Endpoint("tcp", f"{LOOPBACK}:{bind_grpc(server, tcp_endpoint(port))}")
        raise self._no_port()

    def bind_socket(self) -> tuple[socket.socket, Endpoint]:
        """The same as a listening, non-blocking Python socket."""
        if self._wishes.network == "unix":
            made = socket.socket(socket.AF_UNIX)
            endpoint = self._bind_path(lambda endpoint: made.bind(endpoint.address))
            return start_listening(made), endpoint
        for port in self._ports():
            made = tcp_socket()
            try:
                made.bind((LOOPBACK, port))
                return start_listening(made), tcp_endpoint(made.getsockname()[1])
            except OSError:
                made.close()
        raise self._no_port()

    def private_path(self) -> str:
        """A fresh path in a directory of mode 0700, which the first call makes."""
        if self._private is None:
            self._private = tempfile.mkdtemp(prefix="plugin-", dir=temporary_directory())
        return self._new_path(self._private)

    def release(self, endpoint: Endpoint) -> None:
        """Remove the socket file of one endpoint whose server has gone, if it has one."""
        children.leave_sockets_of(endpoint.key)
        if endpoint.address in self._paths:
            self._paths.discard(endpoint.address)
            with contextlib.suppress(OSError):
                os.unlink(endpoint.address)

    def close(self) -> None:
        """Remove all files; not in a forked child, whose parent still listens."""
        if os.getpid() != self._owner:
            return
        for path in tuple(self._paths):
            self.release(Endpoint("unix", path))
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)

    def _new_path(self, directory: str) -> str:
        path = os.path.join(directory, f"plugin{os.urandom(5).hex()}")
        if len(os.fsencode(path)) > MAX_PATH_BYTES:
            raise LaunchError(
                f"the socket path {path} is longer than {MAX_PATH_BYTES} bytes: "
                f"the host must set {SOCKET_DIRECTORY} to a shorter directory"
            )
        self._paths.add(path)
        return path

    def _bind_path(self, bind: Callable[[Endpoint], object]) -> Endpoint:
        """Bind with others shut out from the first moment (umask), then open to the group."""
        directory = self._wishes.socket_directory or temporary_directory()
        if not os.path.isdir(directory):
            raise LaunchError(
                f"{SOCKET_DIRECTORY}={directory} is no directory: the host must create it"
            )
        endpoint = Endpoint("unix", self._new_path(directory))
        before = os.umask(0o177)
        try:
            bind(endpoint)
            if self._group is not None:
                os.chown(endpoint.address, -1, self._group)
                os.chmod(endpoint.address, 0o660)
        except OSError as error:
            raise LaunchError(
                f"cannot make the socket {endpoint.address}: {error.strerror}; "
                f"check {SOCKET_DIRECTORY} and {SOCKET_GROUP}"
            ) from error
        finally:
            os.umask(before)
        return endpoint

    def _ports(self) -> range:
        return range(self._wishes.ports.first, self._wishes.ports.last + 1)

    def _no_port(self) -> LaunchError:
        ports = self._wishes.ports
        return LaunchError(
            f"no free TCP port from {ports.first} to {ports.last}: widen the host's port range"
        )


def is_free(port: int) -> bool:
    """Whether a port can be bound now; asked first, since grpc prints to stderr about each taken
    one.
    """
    with tcp_socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def tcp_socket() -> socket.socket:
    """A TCP socket that may take a port whose former connections are still in TIME_WAIT."""
    made = socket.socket(socket.AF_INET)
    if sys.platform != "win32":  # there the option would share the port with a live listener
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def find_group(name: str | None) -> int | None:
    """The gid of a group name or number; raises `LaunchError` if there is no such group."""
    if name is None:
        return None
    if name.isascii() and name.isdigit():
        if len(name) > 10 or int(name) > MAX_GROUP:
            raise LaunchError(
                f"{SOCKET_GROUP}={name!r} is no group: the host must set a name or a number"
            )
        return int(name)
    import grp  # not on every platform

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise LaunchError(f"{SOCKET_GROUP}={name!r}: this system has no such group") from None
