"""Who are we to the host, and whom do we trust, under AutoMTLS?

In: the PEM of the host's throw-away certificate. Out: an `Identity` with our own fresh certificate
and two TLS contexts, one to serve the host and one to connect to it; both trust that one
certificate and nothing else. The private key is on disk, encrypted under a password that only this
process knows, for the moment Python's `ssl` needs to read it. Called by `tls`.
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
class Identity:
    """`certificate`: ours in DER, for the handshake line."""

    certificate: bytes
    server: ssl.SSLContext
    client: ssl.SSLContext


def make_identity(host_certificate: str, key_path: str) -> Identity:
    """A fresh P-256 certificate and its contexts; `key_path` is a free path in a private directory.

    Raises `LaunchError` if `cryptography` is not installed or the host's certificate cannot be
    read.
    """
    password = os.urandom(32)
    der, pem = make_certificate(password)
    server = trusting(host_certificate, ssl.PROTOCOL_TLS_SERVER)
    client = trusting(host_certificate, ssl.PROTOCOL_TLS_CLIENT)
    try:
        descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(pem)
        for context in (server, client):
            context.load_cert_chain(key_path, password=password)
    finally:
        os.unlink(key_path)
    return Identity(der, server, client)


def trusting(host_certificate: str, protocol: int) -> ssl.SSLContext:
    """A context that requires the peer to be the host: its certificate is the whole trust store."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # like Go, trust a certificate of the store itself even if it is not marked as an authority
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["h2"])
    try:
        context.load_verify_locations(cadata=host_certificate)
    except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: no ASCII
        raise LaunchError(
            f"{CLIENT_CERTIFICATE} is no PEM certificate: the host must set it"
        ) from error
    return context


def make_certificate(password: bytes) -> tuple[bytes, bytes]:
    """A self-signed certificate in DER, and certificate and encrypted key together in PEM."""
    serialization = require("hazmat.primitives.serialization")
    ec = require("hazmat.primitives.asymmetric.ec")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = signed_by(key)
    encoding = serialization.Encoding
    private = key.private_bytes(
        encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    return (
        certificate.public_bytes(encoding.DER),
        certificate.public_bytes(encoding.PEM) + private,
    )


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
            "the host asks for AutoMTLS, which needs the package 'cryptography': "
            "install this SDK with the extra 'mtls'"
        ) from error
