"""How is an address spelled, and how does a server come to listen there?

An `Endpoint` is an address as hosts spell it; `bind_grpc` binds it, or raises `LaunchError`.
`start_listening` is for sockets of our own. Called by all launch styles.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from ..exceptions import LaunchError
from . import children

MAX_PATH_BYTES = 107 if sys.platform == "linux" else 103  # of sockaddr_un.sun_path, less its NUL
LOOPBACK = "127.0.0.1"
BACKLOG = 4096  # or what the system allows: a host connects for many users at once
OUR_NAMES = len("/plugin-12345678/plugin1234567890")  # what is put behind a temporary directory


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address as handshakes and brokers spell it: a socket path, or host:port."""

    network: Literal["unix", "tcp"]
    address: str

    @property
    def key(self) -> str | int:
        """What its sockets are told by: the path, or the port."""
        if self.network == "unix":
            return self.address
        return int(self.address.rpartition(":")[2])

    @property
    def target(self) -> str:
        """The same for grpc, which takes a socket path for a URI and decodes %xx in it."""
        if self.network == "tcp":
            return self.address
        return "unix:" + quote(os.fsencode(self.address))


def tcp_endpoint(port: int) -> Endpoint:
    return Endpoint("tcp", f"{LOOPBACK}:{port}")


def bind_grpc(server: Any, endpoint: Endpoint) -> int:
    """`add_insecure_port` with one kind of failure; the port number, 1 for a Unix socket."""
    try:
        port: int = server.add_insecure_port(endpoint.target)
    except RuntimeError as error:
        raise LaunchError(f"cannot listen on {endpoint.address}: {error}") from error
    if port == 0:  # how some versions of grpcio report a failure
        raise LaunchError(
            f"cannot listen on {endpoint.address}: the address is taken or not allowed"
        )
    children.keep_sockets_from(port if endpoint.network == "tcp" else endpoint.key)
    return port


async def discard(server: Any) -> None:
    """Free a `grpc.aio` server that was made and is not to run: grpc frees only those that have."""
    await server.start()
    await server.stop(None)


def start_listening(bound: socket.socket) -> socket.socket:
    """A socket that has its address, listening and non-blocking; no child keeps it."""
    name = bound.getsockname()
    children.keep_sockets_from(name if isinstance(name, str) else name[1])
    bound.listen(BACKLOG)
    bound.setblocking(False)
    return bound


def temporary_directory() -> str:
    """For sockets that the host placed nowhere; /tmp if TMPDIR is too long for the path of one, or
    for a handshake to spell.
    """
    import tempfile  # takes long to load, and comes before user code

    directory = tempfile.gettempdir()
    fits = len(os.fsencode(directory)) + OUR_NAMES <= MAX_PATH_BYTES
    fits = fits and is_speakable(directory)
    return directory if fits or not os.path.isdir("/tmp") else "/tmp"


def is_speakable(path: str) -> bool:
    """Whether the line of the handshake can carry it."""
    return not any(separator in path for separator in "|\n\r")
