"""Is AutoMTLS real mutual authentication, and does everything work through it?"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import stat
import statistics
import time
from collections.abc import Iterator
from concurrent import futures
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from kit.goplugin.host import (
    COOKIE,
    LIMITS,
    BrokerStream,
    Host,
    call_headers,
    conn_info,
    frame,
    greeting,
    padded,
    program,
    read_output,
    resident,
    short_directory,
    spawn,
    start_plugin,
    stdio,
)
from kit.goplugin.tls import (
    Bridges,
    Identity,
    bridges,
    client_context,
    make_identity,
    server_context,
    x509,
)

place = pytest.fixture(short_directory, name="place")

PLUGIN = """
print("printed")
async def rpc_Echo(request, context):
    return request
async def rpc_Dial(request, context):
    dialled = await plugin.broker.dial(int(request))
    try:
        return await dialled.channel.unary_unary("/test.Host/Echo")(b"x" * 5_000_000, timeout=4)
    except grpc.RpcError as error:
        return error.code().name.encode()
    finally:
        await dialled.close()
async def rpc_Serve(request, context):
    def add(server):
        async def echo(request, context):
            return b"plugin:" + request
        handler = grpc.method_handlers_generic_handler(
            "test.Back", {"Echo": grpc.unary_unary_rpc_method_handler(echo)})
        server.add_generic_rpc_handlers((handler,))
    await plugin.broker.accept(plugin.broker.next_id(), add)
    return b""
"""


@contextlib.contextmanager
def started(path: Path, own: Identity, body: str = PLUGIN, options: str = "{}") -> Iterator[Host]:
    """A plugin under AutoMTLS, with its files in `path`/tmp and no channel yet."""
    files = path / "tmp"
    files.mkdir()
    env = {"PLUGIN_CLIENT_CERT": own.certificate, "TMPDIR": str(files)}
    with start_plugin(program(body, options), path, **env) as host:
        yield host


@contextlib.contextmanager
def connected(path: Path, options: str = "{}") -> Iterator[tuple[Host, Bridges, Identity]]:
    own = make_identity(path)
    with started(path, own, options=options) as host, bridges() as made:
        context = client_context(own, padded(host.fields[5]))
        target = made.plain_to_tls(host.address, context)
        host.channel = grpc.insecure_channel(target, options=LIMITS)
        yield host, made, own
        host.channel.close()


def test_everything_works_through_mutual_tls(place: Path) -> None:
    with connected(place) as (host, _, _):
        assert host.call("/grpc.health.v1.Health/Check", b"\x0a\x06plugin") == b"\x08\x01"
        assert read_output(stdio(host.channel), b"printed\n") == b"printed\n"
        body = os.urandom(16 << 20)
        assert host.app("Echo", body) == body
        assert host.shut_down() == 0
        assert list((place / "tmp").iterdir()) == []


def test_a_host_without_unix_sockets_has_it_too(place: Path) -> None:
    with connected(place, "{'network': 'tcp'}") as (host, _, _):
        assert host.fields[2] == "tcp"
        assert host.app("Echo", b"over TCP") == b"over TCP"
        assert host.shut_down() == 0


def test_our_certificate_is_what_go_hosts_expect(place: Path) -> None:
    own = make_identity(place)
    with started(place, own) as host:
        certificate = x509.load_der_x509_certificate(padded(host.fields[5]))
    assert certificate.subject.rfc4514_string() == "CN=localhost"
    assert certificate.public_key().curve.name == "secp256r1"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {
        x509.ExtendedKeyUsageOID.CLIENT_AUTH,
        x509.ExtendedKeyUsageOID.SERVER_AUTH,
    }
    now = datetime.now(UTC)
    assert timedelta(seconds=29) < now - certificate.not_valid_before_utc < timedelta(seconds=60)
    assert certificate.not_valid_after_utc - now > timedelta(days=365)


def test_no_key_and_no_open_door_on_disk(place: Path) -> None:
    own = make_identity(place)
    with started(place, own) as host:
        assert stat.S_IMODE(os.stat(host.address).st_mode) == 0o600
        entries = [
            Path(folder) / name for folder, _, names in os.walk(place / "tmp") for name in names
        ]
        assert len(entries) == 2
        assert all(stat.S_ISSOCK(entry.stat().st_mode) for entry in entries)
        private = next(entry.parent for entry in entries if str(entry) != host.address)
        assert stat.S_IMODE(private.stat().st_mode) == 0o700


def attempt(address: str, context: ssl.SSLContext | None) -> bytes:
    """Send the start of an HTTP/2 connection; what comes back, b"" if the plugin hangs up."""
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(address)
        plain.settimeout(5)
        try:
            wrapped = context.wrap_socket(plain, server_hostname="localhost") if context else plain
            with wrapped:
                wrapped.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
                return wrapped.recv(100)
        except (ssl.SSLError, ConnectionError):
            return b""


def limited(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_strangers_are_refused(place: Path, version: ssl.TLSVersion) -> None:
    own, stranger = make_identity(place), make_identity(place)
    with started(place, own) as host:
        plugin = padded(host.fields[5])
        good = limited(client_context(own, plugin), version)
        assert attempt(host.address, good), "the host itself is served"
        assert attempt(host.address, limited(client_context(stranger, plugin), version)) == b""
        host.wait_for_log("connection refused")
        assert attempt(host.address, limited(client_context(None, plugin), version)) == b""
        assert attempt(host.address, None) == b""
        assert attempt(host.address, good)


def test_an_expired_host_is_refused(place: Path) -> None:
    own = make_identity(place, timedelta(hours=-1))
    with started(place, own) as host:
        context = client_context(own, padded(host.fields[5]))
        assert attempt(host.address, context) == b""
        assert "expired" in host.wait_for_log("connection refused")["@message"]


def test_a_host_certificate_issued_by_an_unknown_authority_is_trusted_as_itself(
    place: Path,
) -> None:
    own = make_identity(place, self_signed=False)
    with started(place, own) as host:
        assert attempt(host.address, client_context(own, padded(host.fields[5])))


def test_old_tls_is_refused(place: Path) -> None:
    own = make_identity(place)
    with started(place, own) as host:
        context = client_context(own, padded(host.fields[5]))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            limited(context, ssl.TLSVersion.TLSv1_1)
        assert attempt(host.address, context) == b""


def test_strangers_that_hang_in_the_handshake_do_not_keep_the_host_out(
    place: Path,
) -> None:
    own = make_identity(place)
    with started(place, own) as host, contextlib.ExitStack() as stack:
        for _ in range(200):
            idle = stack.enter_context(socket.socket(socket.AF_UNIX))
            idle.connect(host.address)
        context = client_context(own, padded(host.fields[5]))
        assert attempt(host.address, context)
        descriptors = len(os.listdir(f"/proc/{host.process.pid}/fd"))
        assert descriptors < 100, "idle strangers are bounded"


def test_the_plugin_dials_the_host(place: Path) -> None:
    with connected(place) as (host, made, own), host_service() as port:
        broker = BrokerStream(host.channel)
        plugin = padded(host.fields[5])
        broker.send(conn_info(4, "tcp", made.tls_to_plain(port, server_context(own, plugin))))
        assert len(host.app("Dial", b"4")) == 5_000_005
        private = [*place.glob("tmp/plugin-*/*")]
        assert len(private) == 1, "a closed connection leaves no socket"
        stranger = make_identity(place)
        broker.send(conn_info(5, "tcp", made.tls_to_plain(port, server_context(stranger, plugin))))
        assert host.app("Dial", b"5") == b"UNAVAILABLE", "a false host must not be trusted"
        broker.send(conn_info(6, "tcp", f"127.0.0.1:{port}"))
        assert host.app("Dial", b"6") == b"UNAVAILABLE", "nor one without TLS"
        broker.close()
        assert host.shut_down() == 0
        assert list((place / "tmp").iterdir()) == []


@contextlib.contextmanager
def host_service() -> Iterator[int]:
    server = grpc.server(futures.ThreadPoolExecutor(2), options=LIMITS)
    echo = grpc.unary_unary_rpc_method_handler(lambda request, _: b"host:" + request)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Host", {"Echo": echo}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None)


def test_the_plugin_serves_the_host(place: Path) -> None:
    with connected(place) as (host, made, own):
        broker = BrokerStream(host.channel)
        host.app("Serve")
        number, network, address = broker.receive()
        assert (number, network) == (1, "unix")
        plugin = padded(host.fields[5])
        assert attempt(address, client_context(make_identity(place), plugin)) == b""
        assert attempt(address, None) == b""
        target = made.plain_to_tls(address, client_context(own, plugin))
        with grpc.insecure_channel(target, options=LIMITS) as channel:
            body = b"z" * 5_000_000
            assert channel.unary_unary("/test.Back/Echo")(body, timeout=5) == b"plugin:" + body
        broker.close()


@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        ("no certificate", "is no PEM certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "is no PEM certificate",
        ),
    ],
)
def test_a_broken_host_certificate(place: Path, certificate: str, says: str) -> None:
    files = place / "tmp"
    files.mkdir()
    env = COOKIE | {"PLUGIN_CLIENT_CERT": certificate, "TMPDIR": str(files)}
    with spawn(program(), place, **env) as process:
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, b"")
    assert says in err.decode()
    assert list(files.iterdir()) == []


def test_without_cryptography_the_extra_is_named(place: Path) -> None:
    own = make_identity(place)
    source = program("sys.modules['cryptography'] = None")
    with spawn(source, place, PLUGIN_CLIENT_CERT=own.certificate, **COOKIE) as process:
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, b"")
    assert "extra 'mtls'" in err.decode()
    assert "Traceback" not in err.decode()


def test_a_host_that_stops_reading_does_not_fill_the_memory(place: Path) -> None:
    """It allows 2 GiB at once and reads none of it: neither grpc nor the front may hold that."""
    body = """
        async def many(request, context):
            for number in range(2000):
                await context.write(bytes(1 << 20))
        def extra_register():
            handler = grpc.unary_stream_rpc_method_handler(many)
            plugin.server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler("test.Many", {"Many": handler}),))
        async def rpc_Echo(request, context):
            return request
    """
    own = make_identity(place)
    with started(place, own, body) as host, bridges() as made:
        context = client_context(own, padded(host.fields[5]))
        target = made.plain_to_tls(host.address, context)
        with (
            socket.socket(socket.AF_UNIX) as plain,
            grpc.insecure_channel(target) as other,
        ):
            plain.connect(host.address)
            with context.wrap_socket(plain, server_hostname="localhost") as peer:
                call = call_headers(1, b"/test.Many/Many") + frame(0, 1, 1, bytes(5))
                peer.sendall(greeting(2**31 - 1) + call)
                begin = time.monotonic()
                while time.monotonic() < begin + 1:  # what is going to pile up, does so now
                    assert other.unary_unary("/test.App/Echo")(b"x", timeout=5) == b"x"
                assert resident(host.process.pid) < 150 << 20


def test_what_it_costs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, not judged closely: the bridge of the test takes as long as the front itself."""
    own = make_identity(place)
    begin = time.monotonic()
    with started(place, own) as host:
        start = time.monotonic() - begin
        with bridges() as made:
            target = made.plain_to_tls(host.address, client_context(own, padded(host.fields[5])))
            with grpc.insecure_channel(target) as channel:
                call = channel.unary_unary("/test.App/Echo")
                call(b"x", timeout=5)
                times = []
                for _ in range(200):
                    begin = time.perf_counter()
                    call(b"x", timeout=5)
                    times.append(time.perf_counter() - begin)
    with capsys.disabled():
        median = statistics.median(times) * 1000
        print(f"\nAutoMTLS: start to handshake {start * 1000:.0f} ms, call {median:.2f} ms (p50)")
    assert median < 50
