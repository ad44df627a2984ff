"""Who are we to the peer, and whom do we trust, under AutoMTLS?

A `KeyPair` is our own fresh certificate, which is told to the peer. With the peer's it becomes an
`Identity`: two TLS contexts, one to serve the peer and one to connect to it, which trust that one
certificate and nothing else. The private key is on disk, encrypted under a password that only this
process knows, for the moment Python's `ssl` needs to read it. Called by `tls`, and by hosts, which
tell their certificate before they know the plugin's.
"""

from __future__ import annotations

import importlib
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ...exceptions import LaunchError
from .environment import CLIENT_CERTIFICATE

if TYPE_CHECKING:  # imported by name below, so tools that freeze a program must see it here
    from cryptography import x509 as x509
    from cryptography.hazmat.primitives import hashes as hashes
    from cryptography.hazmat.primitives import serialization as serialization
    from cryptography.hazmat.primitives.asymmetric import ec as ec
    from cryptography.x509 import oid as oid

HOST_NAME = "localhost"  # go-plugin hosts verify this name, whatever the address
LIFETIME = timedelta(days=30 * 365)

# Of an `x509.KeyUsage`.
USED = ("digital_signature", "key_encipherment", "key_agreement", "key_cert_sign")
UNUSED = ("content_commitment", "data_encipherment", "crl_sign", "encipher_only", "decipher_only")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """`certificate` in DER; `pem` has it with the encrypted key behind it."""

    certificate: bytes
    pem: bytes
    password: bytes

    @property
    def text(self) -> str:
        """The certificate alone, in PEM."""
        return ssl.DER_cert_to_PEM_cert(self.certificate)


@dataclass(frozen=True, slots=True)
class Identity:
    """`certificate`: ours in DER, for the peer."""

    certificate: bytes
    server: ssl.SSLContext
    client: ssl.SSLContext


def make_identity(host_certificate: str, key_path: str) -> Identity:
    """What a plugin is to a host of this certificate; see `identity_of`. Raises `LaunchError` if
    the certificate cannot be read, and as `make_key_pair`.
    """
    pair = make_key_pair()
    try:
        return identity_of(pair, host_certificate, key_path)
    except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: no ASCII
        raise LaunchError(
            f"{CLIENT_CERTIFICATE} is no PEM certificate: the host must set it"
        ) from error


def identity_of(pair: KeyPair, peer: str | bytes, key_path: str) -> Identity:
    """The contexts for a peer of this certificate, in PEM or DER; `key_path` is a free path in a
    private directory. Raises `ssl.SSLError`, `ValueError` or `TypeError` for what is none.
    """
    server = trusting(peer, ssl.PROTOCOL_TLS_SERVER)
    client = trusting(peer, ssl.PROTOCOL_TLS_CLIENT)
    try:
        descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(pair.pem)
        for context in (server, client):
            context.load_cert_chain(key_path, password=pair.password)
    finally:
        os.unlink(key_path)
    return Identity(pair.certificate, server, client)


def trusting(peer: str | bytes, protocol: int) -> ssl.SSLContext:
    """A context to whose peer nobody else can be: its certificate is the whole trust store."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # like Go, trust a certificate of the store itself even if it is not marked as an authority
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["h2"])
    context.load_verify_locations(cadata=peer)
    return context


def make_key_pair() -> KeyPair:
    """A fresh self-signed P-256 certificate, which grpcio can verify, too. Raises `LaunchError` if
    `cryptography` is not installed.
    """
    serialization = require("hazmat.primitives.serialization")
    ec = require("hazmat.primitives.asymmetric.ec")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = signed_by(key)
    encoding = serialization.Encoding
    password = os.urandom(32)
    private = key.private_bytes(
        encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    pem = certificate.public_bytes(encoding.PEM) + private
    return KeyPair(certificate.public_bytes(encoding.DER), pem, password)


def signed_by(key: Any) -> Any:
    """An `x509.Certificate` like the one go-plugin makes: an authority, for both ends of TLS."""
    x509, hashes = require("x509"), require("hazmat.primitives.hashes")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST_NAME)])
    now = datetime.now(UTC)
    usage = dict.fromkeys(UNUSED, False) | dict.fromkeys(USED, True)
    purpose = x509.ExtendedKeyUsageOID
    purposes = [purpose.CLIENT_AUTH, purpose.SERVER_AUTH]
    return (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(seconds=30))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )


def require(module: str) -> Any:
    """A module of `cryptography`, which only AutoMTLS needs."""
    try:
        return importlib.import_module(f"cryptography.{module}")
    except ImportError as error:
        raise LaunchError(
            "AutoMTLS was asked for, which needs the package 'cryptography': "
            "install this SDK with the extra 'mtls'"
        ) from error
