"""How does a test speak mutual TLS as a go-plugin host, whose P-521 certificates grpcio cannot use?

In: the host's certificate and key, and the plugin's certificate from the handshake. Out: bridges
between plaintext and TLS on Python's `ssl`, run by one event loop in a thread, so that plain grpc
channels and servers can stand behind them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

x509 = pytest.importorskip("cryptography.x509", reason="AutoMTLS needs the extra 'mtls'")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402


@dataclass
class Identity:
    """A certificate as go-plugin hosts make them, and its key, in PEM; `file` holds both."""

    certificate: str
    file: str


def make_identity(
    path: Path, valid_for: timedelta = timedelta(hours=1), self_signed: bool = True
) -> Identity:
    key = ec.generate_private_key(ec.SECP521R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signer = key if self_signed else ec.generate_private_key(ec.SECP521R1())
    other = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "some authority")])
    purposes = [
        x509.ExtendedKeyUsageOID.CLIENT_AUTH,
        x509.ExtendedKeyUsageOID.SERVER_AUTH,
    ]
    certificate = (
        x509.CertificateBuilder(
            name if self_signed else other,
            name,
            key.public_key(),
            x509.random_serial_number(),
        )
        .not_valid_before(now - timedelta(hours=2))
        .not_valid_after(now + valid_for)
        .add_extension(x509.BasicConstraints(self_signed, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(signer, hashes.SHA512())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    file = path / f"identity-{os.urandom(4).hex()}.pem"
    file.write_bytes(pem + private)
    return Identity(pem.decode(), str(file))


def client_context(own: Identity | None, plugin: bytes) -> ssl.SSLContext:
    """The host as TLS client: trusts the plugin's certificate (DER) alone, under the name
    localhost.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=plugin)
    context.set_alpn_protocols(["h2"])
    if own is not None:
        context.load_cert_chain(own.file)
    return context


def server_context(own: Identity, plugin: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.file)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=plugin)
    context.set_alpn_protocols(["h2"])
    return context


class Bridges:
    """Bridges in one loop and thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []

    def plain_to_tls(self, address: str, context: ssl.SSLContext) -> str:
        """A plaintext target in front of the plugin's TLS socket, a path or host:port."""

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            secure: Any = {"ssl": context, "server_hostname": "localhost"}
            if address.startswith("/"):
                return await asyncio.open_unix_connection(address, **secure)
            host, _, port = address.rpartition(":")
            return await asyncio.open_connection(host, int(port), **secure)

        return self._listen(connect, None)

    def tls_to_plain(self, port: int, context: ssl.SSLContext) -> str:
        """A TLS address in front of a plaintext port."""

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_connection("127.0.0.1", port)

        return self._listen(connect, context)

    def close(self) -> None:
        async def end() -> None:
            for server in self._servers:
                server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _listen(self, connect: Any, context: ssl.SSLContext | None) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                far_reader, far_writer = await connect()
                await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
            writer.close()

        server = self._run(asyncio.start_server(serve, "127.0.0.1", 0, ssl=context))
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return f"127.0.0.1:{port}"

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.contextmanager
def bridges() -> Iterator[Bridges]:
    made = Bridges()
    try:
        yield made
    finally:
        made.close()
