"""Is the plugin who its handshake says, before anything is told to it?

In: the certificate of its handshake, and our own. Out: the `Transport` for all connections with it,
or a `TlsRefused` with the reason that a call would not tell. Called by `go_plugin` under AutoMTLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from ..process.endpoint import Endpoint
from ..styles.goplugin.certificate import HOST_NAME, Identity, KeyPair, identity_of
from ..styles.goplugin.listener import Listeners
from ..styles.goplugin.tls import MutualTls
from .failures import TlsRefused
from .way import not_there

# What an HTTP/2 client says first, and its settings, of which there are none: a server answers, and
# one that refuses our certificate says so only then.
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0" + b"\0\0\0\0"


async def with_plugin(
    pair: KeyPair, certificate: bytes, endpoint: Endpoint, listeners: Listeners
) -> MutualTls:
    """Raises `TlsRefused`, and `HandshakeError` if nobody listens."""
    try:
        identity = identity_of(pair, certificate, listeners.private_path())
    except (ssl.SSLError, ValueError) as error:
        raise TlsRefused(f"the certificate of the plugin's handshake is none: {error}") from None
    await _shake_hands(identity, endpoint)
    return MutualTls(identity, listeners)


async def _shake_hands(identity: Identity, endpoint: Endpoint) -> None:
    try:
        if endpoint.network == "unix":
            opening = asyncio.open_unix_connection(
                endpoint.address, ssl=identity.client, server_hostname=HOST_NAME
            )
        else:
            host, _, port = endpoint.address.rpartition(":")
            opening = asyncio.open_connection(
                host.strip("[]"), int(port), ssl=identity.client, server_hostname=HOST_NAME
            )
        reader, writer = await opening
        try:
            writer.write(GREETING)
            answer = await reader.read(1)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise not_there(endpoint, error) from None
    except OSError as error:  # ssl's errors are OSErrors
        raise TlsRefused(f"the plugin did not prove who it is: {_reason(error)}") from None
    if not answer:
        raise TlsRefused(
            "the plugin closed the connection that its handshake has a certificate for"
        )


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or str(error)
    return str(error)
