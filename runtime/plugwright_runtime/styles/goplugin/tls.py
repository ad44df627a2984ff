"""How does grpcio speak mutual TLS with a go-plugin peer?

It does not: Go's peers present P-521 certificates, which grpcio cannot verify under TLS 1.3. So
Python's `ssl` does TLS on the advertised socket, and grpcio listens and connects in plaintext on
Unix sockets in a directory of mode 0700. In: an `Identity`. Out: a `Transport` whose grpc servers
and channels know nothing of it. Made by `process` if the host asks for it, and by hosts.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

from ...exceptions import LaunchError
from ...process.endpoint import Endpoint, bind_grpc, start_listening
from ...process.relay import Factory, Relay
from .certificate import HOST_NAME, Identity, make_identity
from .listener import Listeners
from .transport import Exposed, Reached


def as_plugin(host_certificate: str, listeners: Listeners) -> MutualTls:
    """For the plugin of a host with this certificate; raises `LaunchError`."""
    check_platform("switch it off in the host")
    return MutualTls(make_identity(host_certificate, listeners.private_path()), listeners)


def check_platform(advice: str) -> None:
    """Raises `LaunchError` where there is no place for plaintext that is private."""
    if sys.platform == "win32":
        raise LaunchError(
            f"AutoMTLS is not supported on Windows, where it lacks Unix sockets: {advice}"
        )


class MutualTls:
    """Both sides prove who they are: the host by the certificate in the plugin's environment, the
    plugin by the one in its handshake line.
    """

    def __init__(self, identity: Identity, listeners: Listeners) -> None:
        self._listeners = listeners
        self._identity = identity

    @property
    def certificate(self) -> bytes:
        return self._identity.certificate

    async def expose(self, server: Any) -> Exposed:
        inner = Endpoint("unix", self._listeners.private_path())
        bind_grpc(server, inner)
        listening, endpoint = self._listeners.bind_socket()

        async def connect(factory: Factory) -> object:
            return await asyncio.get_running_loop().create_unix_connection(factory, inner.address)

        relay = Relay(listening, self._identity.server, connect)

        async def close() -> None:
            await relay.close()
            self._listeners.release(endpoint)
            self._listeners.release(inner)

        return Exposed(endpoint, close)

    async def reach(self, endpoint: Endpoint) -> Reached:
        inner = Endpoint("unix", self._listeners.private_path())
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(inner.address)

        async def connect(factory: Factory) -> object:
            loop, context = asyncio.get_running_loop(), self._identity.client
            if endpoint.network == "unix":
                return await loop.create_unix_connection(
                    factory, endpoint.address, ssl=context, server_hostname=HOST_NAME
                )
            host, _, port = endpoint.address.rpartition(":")
            return await loop.create_connection(
                factory,
                host.strip("[]"),
                int(port),
                ssl=context,
                server_hostname=HOST_NAME,
            )

        relay = Relay(start_listening(listening), None, connect)

        async def close() -> None:
            await relay.close()
            self._listeners.release(inner)

        return Reached(inner.target, close)
