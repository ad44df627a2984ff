"""What does a host make of the first line of a go-plugin? Every way in which it can be wrong."""

from __future__ import annotations

import base64

import pytest
from plugwright_runtime.hosts import handshake
from plugwright_runtime.hosts.failures import (
    HandshakeError,
    ProtocolRefused,
    StartError,
    TlsRefused,
    VersionMismatch,
)
from plugwright_runtime.hosts.handshake import Offered
from plugwright_runtime.process.endpoint import Endpoint

PLAIN = Offered((5, 6))
TLS = Offered((5, 6), tls=True)
CERTIFICATE = base64.b64encode(bytes(range(100))).decode().rstrip("=")

READ = {
    "1|5|unix|/tmp/x|grpc|": (5, Endpoint("unix", "/tmp/x")),
    "  1|6|unix|/tmp/a b%|grpc\r": (6, Endpoint("unix", "/tmp/a b%")),
    "+1|5|tcp|127.0.0.1:80|grpc|": (5, Endpoint("tcp", "127.0.0.1:80")),
    "1|5|tcp|[::1]:80|grpc||true": (5, Endpoint("tcp", "[::1]:80")),
    "1|5|tcp|localhost:80|grpc|short": (5, Endpoint("tcp", "localhost:80")),
}

WRONG: dict[str, tuple[type[StartError], str]] = {
    "hello": (HandshakeError, "no handshake: 'hello'"),
    "": (HandshakeError, "no handshake: ''"),
    "1|5|unix": (HandshakeError, "no handshake"),
    "x|5|unix|/x|grpc": (HandshakeError, "core protocol version"),
    "2|5|unix|/x|grpc": (HandshakeError, "version 2 of go-plugin"),
    "1|five|unix|/x|grpc": (HandshakeError, "protocol version"),
    "1|9|unix|/x|grpc": (VersionMismatch, "version 9, this host speaks 5, 6: upgrade the host"),
    "1|1|unix|/x|grpc": (VersionMismatch, "version 1, this host speaks 5, 6: upgrade the plugin"),
    "1|5|pipe|/x|grpc": (HandshakeError, "listens on 'pipe'"),
    "1|5|tcp|127.0.0.1|grpc": (HandshakeError, "no host:port"),
    "1|5|tcp|127.0.0.1:70000|grpc": (HandshakeError, "no host:port"),
    "1|5|tcp|127.0.0.1:0|grpc": (HandshakeError, "no host:port"),
    "1|5|tcp||grpc": (HandshakeError, "no host:port"),
    "1|5|unix||grpc": (HandshakeError, "no absolute path"),
    "1|5|unix|x/y|grpc": (HandshakeError, "no absolute path"),
    "1|5|tcp|10.1.2.3:80|grpc": (HandshakeError, "allow_remote=True"),
    "1|5|tcp|example.com:80|grpc": (HandshakeError, "allow_remote=True"),
    "1|5|unix|/x": (ProtocolRefused, "must serve gRPC"),
    "1|5|unix|/x|netrpc": (ProtocolRefused, "must serve gRPC"),
    "1|5|unix|/x|http": (ProtocolRefused, "speaks 'http'"),
    f"1|5|unix|/x|grpc|{CERTIFICATE}": (TlsRefused, "nobody asked for"),
    "1|5|unix|/x|grpc|\x1b[31m" + "x" * 60: (TlsRefused, "nobody asked for"),
}


@pytest.mark.parametrize("line", READ)
def test_a_handshake_is_read(line: str) -> None:
    announced = handshake.read(line.encode(), PLAIN)
    assert (announced.version, announced.endpoint) == READ[line]
    assert announced.certificate == b""


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_handshake_is_refused_with_its_reason(line: str) -> None:
    kind, text = WRONG[line]
    with pytest.raises(StartError) as caught:
        handshake.read(line.encode(), PLAIN)
    assert type(caught.value) is kind
    assert text in str(caught.value)


def test_a_mismatch_of_versions_names_both_sides() -> None:
    with pytest.raises(VersionMismatch) as caught:
        handshake.read(b"1|9|unix|/x|grpc", PLAIN)
    assert (caught.value.theirs, caught.value.ours) == (9, (5, 6))


def test_a_certificate_that_was_asked_for_is_read() -> None:
    announced = handshake.read(f"1|5|unix|/x|grpc|{CERTIFICATE}".encode(), TLS)
    assert announced.certificate == bytes(range(100))


@pytest.mark.parametrize("field", ["", "x" * 50, CERTIFICATE + "==", "!" * 60])
def test_without_a_certificate_that_was_asked_for_nothing_is_dialled(field: str) -> None:
    with pytest.raises(TlsRefused):
        handshake.read(f"1|5|unix|/x|grpc|{field}".encode(), TLS)


def test_a_remote_address_is_taken_if_the_application_allows_it() -> None:
    announced = handshake.read(b"1|5|tcp|10.1.2.3:80|grpc", Offered((5,), remote=True))
    assert announced.endpoint == Endpoint("tcp", "10.1.2.3:80")


def test_what_a_stranger_wrote_is_shown_escaped_and_cut() -> None:
    with pytest.raises(HandshakeError) as caught:
        handshake.read(b"\x1b[2J\xff" + b"x" * 60_000, PLAIN)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500
