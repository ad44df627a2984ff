"""How do grpc servers and channels of this process meet the host's?

A `Transport` hides whether connections are plain or mutual TLS: it makes a grpc server reachable
for the host (`expose`), and gives a target at which a plaintext grpc channel ends at one of the
host's servers (`reach`). Made by `process`; the server of the plugin and its broker go through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ...process.endpoint import Endpoint
from ...process.serving import Close
from .listener import Listeners


@dataclass(frozen=True, slots=True)
class Exposed:
    """Where the host finds a server; `close` ends its connections and removes its files."""

    endpoint: Endpoint
    close: Close


@dataclass(frozen=True, slots=True)
class Reached:
    """A grpc target for an insecure channel; `close` ends what stands between it and the host."""

    target: str
    close: Close


class Transport(Protocol):
    @property
    def certificate(self) -> bytes:
        """DER of the certificate that the host must expect, b"" without TLS."""
        ...

    async def expose(self, server: Any) -> Exposed:
        """Make a grpc server that has not started reachable; raises `LaunchError`."""
        ...

    async def reach(self, endpoint: Endpoint) -> Reached:
        """Prepare to connect to an endpoint of the host; connection failures show in the calls."""
        ...


class Plain:
    """No TLS: grpc listens and connects by itself."""

    certificate = b""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    async def expose(self, server: Any) -> Exposed:
        endpoint = self._listeners.bind_server(server)

        async def close() -> None:
            self._listeners.release(endpoint)

        return Exposed(endpoint, close)

    async def reach(self, endpoint: Endpoint) -> Reached:
        async def close() -> None:
            pass

        return Reached(endpoint.target, close)
