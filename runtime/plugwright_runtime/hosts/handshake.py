"""What does a go-plugin's first line say?

In: the line, and what the host has offered. Out: the `Announced` address, or the `StartError` that
says what is wrong with it. Nothing is dialled here. Called by `go_plugin`.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from dataclasses import dataclass

from ..process.endpoint import Endpoint
from .failures import HandshakeError, ProtocolRefused, StartError, TlsRefused, VersionMismatch

CORE_VERSION = 1
NO_CERTIFICATE = 50  # characters that go-plugin hosts take for none

_NUMBER = re.compile(r"\+?[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offered:
    """`versions`: of the application's protocol. `tls`: whether the plugin got a certificate.
    `remote`: whether the address may be on another machine.
    """

    versions: tuple[int, ...]
    tls: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Announced:
    """Where the plugin listens; `certificate`: in DER, b"" without TLS."""

    version: int
    endpoint: Endpoint
    certificate: bytes = b""


def read(line: bytes, offered: Offered) -> Announced:
    """Raises a `StartError`."""
    text = line.decode("utf-8", "surrogateescape").strip()
    fields = text.split("|")
    if len(fields) < 4:
        raise HandshakeError(
            f"the plugin's first line on stdout is no handshake: {shown(text)}; it must not print "
            "before its handshake, and must be made for this host"
        )
    core = _number(fields[0], "core protocol version", text)
    if core != CORE_VERSION:
        raise HandshakeError(f"the plugin speaks version {core} of go-plugin; this host speaks 1")
    version = _number(fields[1], "protocol version", text)
    if version not in offered.versions:
        raise mismatch(version, offered.versions)
    endpoint = endpoint_of(fields[2], fields[3], offered.remote)
    protocol = fields[4] if len(fields) > 4 else "netrpc"
    if protocol != "grpc":
        raise _refused(protocol)
    return Announced(version, endpoint, _certificate(fields[5:6], offered.tls))


def shown(text: str) -> str:
    """A stranger's text, for an error."""
    return ascii(text[:200]) + (" ..." if len(text) > 200 else "")


def _number(field: str, what: str, text: str) -> int:
    if not _NUMBER.fullmatch(field):
        raise HandshakeError(f"the {what} of the handshake is no number: {shown(text)}")
    return int(field)


def mismatch(theirs: int, ours: tuple[int, ...]) -> VersionMismatch:
    told = ", ".join(map(str, ours))
    error = VersionMismatch(
        f"the plugin speaks protocol version {theirs}, this host speaks {told}: "
        f"upgrade the {'host' if theirs > max(ours) else 'plugin'}"
    )
    error.theirs, error.ours = theirs, ours
    return error


def _refused(protocol: str) -> StartError:
    if protocol == "netrpc":
        return ProtocolRefused(
            "the plugin speaks netrpc, which only Go does: it must serve gRPC "
            "(GRPCServer in its ServeConfig)"
        )
    return ProtocolRefused(f"the plugin speaks {shown(protocol)}; this host speaks grpc")


def endpoint_of(network: str, address: str, remote: bool) -> Endpoint:
    """Raises `HandshakeError` for what is no address of a plugin."""
    if network == "unix":
        if not os.path.isabs(address) or "\0" in address:
            raise HandshakeError(f"the plugin's socket is no absolute path: {shown(address)}")
        return Endpoint("unix", address)
    if network != "tcp":
        raise HandshakeError(f"the plugin listens on {shown(network)}; it must be unix or tcp")
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port[:9]) < 65536):
        raise HandshakeError(f"the plugin's address is no host:port: {shown(address)}")
    if not remote and not is_loopback(host):
        raise HandshakeError(
            f"the plugin listens on {shown(address)}, which is not this machine alone: "
            "allow_remote=True would take it"
        )
    return Endpoint("tcp", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def is_loopback(host: str) -> bool:
    """Whether only this machine can listen there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _certificate(field: list[str], tls: bool) -> bytes:
    text = field[0] if field else ""
    if len(text) <= NO_CERTIFICATE:
        if tls:
            raise TlsRefused(
                "the plugin does not take part in AutoMTLS: its handshake has no certificate"
            )
        return b""
    if not tls:
        raise TlsRefused(
            "the plugin's handshake has a certificate, which nobody asked for: "
            "start it with auto_mtls=True"
        )
    try:
        if "=" in text:
            raise ValueError("go-plugin's base64 has no padding")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise TlsRefused("the certificate of the plugin's handshake is no base64") from None
