"""What do our servers take, and what do our clients send, byte by byte?

Hosts are written with many HTTP/2 libraries. What the protocol allows must be answered as usual;
what it forbids must end that call or that connection, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hyperframe.frame import ExtensionFrame, PriorityFrame
from kit.h2_client import Answer, Stranger, headers, message
from kit.h2_server import Reply, Serving, serving
from kit.peers.own_plugin import plugin
from plugwright_runtime.errors import UnavailableError

ECHO = "/peer.v1.Peer/Echo"
CONTENT = b"\x0a\x05hello"  # a Payload
CALL = message(CONTENT)
OK, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED = 0, 4, 8

Addresses = Callable[[str], str]


@pytest.fixture(scope="module", params=["tcp", "unix"])
def served(request: pytest.FixtureRequest, sdk_folder: Path, addresses: Addresses) -> Iterator[str]:
    """The address of one plugin for all tests: whatever was sent before, it still serves."""
    target = addresses(request.param)
    with plugin(sdk_folder, "coroutines", target):
        yield target


def assert_served(stranger: Stranger) -> None:
    answer = stranger.call(headers(ECHO), CALL)
    assert (answer.status, answer.content) == (OK, CONTENT)


LEGAL: dict[str, dict[str, str | None]] = {
    "authority of a host": {"__authority": "plugin.example:80"},
    "authority as grpcio spells a socket": {"__authority": "tmp%2Fplugin.sock"},
    "no user-agent": {"user_agent": None},
    "a user-agent": {"user_agent": "tonic/0.14"},
    "content type with a codec": {"content_type": "application/grpc+proto"},
    "other encodings accepted": {"grpc_accept_encoding": "zstd,gzip,identity"},
    "identity": {"grpc_encoding": "identity"},
    "unknown header": {"x_request_id": "a" * 200},
    "binary header": {"trace_bin": "AAEC"},
    "hours": {"grpc_timeout": "1H"},
    "minutes": {"grpc_timeout": "5M"},
    "seconds": {"grpc_timeout": "30S"},
    "milliseconds": {"grpc_timeout": "30000m"},
    "microseconds": {"grpc_timeout": "30000000u"},
    "nanoseconds": {"grpc_timeout": "99999999n"},
    "large metadata": {"x_large": "m" * 6000},
}


@pytest.mark.parametrize("name", LEGAL)
def test_legal_headers_are_answered(served: str, name: str) -> None:
    with Stranger(served) as stranger:
        answer = stranger.call(headers(ECHO, **LEGAL[name]), CALL)
        assert (answer.status, answer.content) == (OK, CONTENT)


def test_a_message_may_come_byte_by_byte(served: str) -> None:
    with Stranger(served) as stranger:
        answer = stranger.call(headers(ECHO), *(bytes([b]) for b in CALL))
        assert answer.content == CONTENT
        assert stranger.call(headers(ECHO), b"", CALL, b"").content == CONTENT


def test_calls_may_be_interleaved(served: str) -> None:
    with Stranger(served) as stranger:
        streams = [stranger.begin(headers(ECHO)) for _ in range(10)]
        for stream in streams:
            stranger.http.send_data(stream, CALL[:4])
        for stream in reversed(streams):
            stranger.http.send_data(stream, CALL[4:], end_stream=True)
        assert {stranger.answer(s).content for s in streams} == {CONTENT}


def test_a_compressed_message_is_read(served: str) -> None:
    packed = message(gzip.compress(CONTENT), compressed=True)
    with Stranger(served) as stranger:
        answer = stranger.call(headers(ECHO, grpc_encoding="gzip"), packed)
        assert (answer.status, answer.content) == (OK, CONTENT)


def test_pings_and_priorities_are_passed_over(served: str) -> None:
    with Stranger(served) as stranger:
        priority = PriorityFrame(5, depends_on=0, stream_weight=9, exclusive=False)
        stranger.send(priority.serialize())
        stranger.http.ping(b"12345678")
        assert_served(stranger)


def test_a_header_may_come_twice(served: str) -> None:
    twice = [("trace-bin", "AAEC"), ("trace-bin", "AwQF")]
    with Stranger(served) as stranger:
        answer = stranger.call(headers(ECHO) + twice, CALL)
        assert (answer.status, answer.content) == (OK, CONTENT)


def padded(stranger: Stranger) -> None:
    stranger.call(headers(ECHO), CALL, padding=10)


def two_values(stranger: Stranger) -> None:
    stranger.call(headers(ECHO, trace_bin="AAEC,AwQF"), CALL)


def unknown_frame(stranger: Stranger) -> None:
    frame = ExtensionFrame(type=0x10, stream_id=0, flag_byte=0, body=b"future")
    stranger.send(frame.serialize())
    stranger.call(headers(ECHO), CALL)


@pytest.mark.parametrize("send", [padded, two_values, unknown_frame])
def test_what_c_core_refuses_though_it_is_legal_harms_nobody_else(
    served: str, send: Callable[[Stranger], None]
) -> None:
    """grpcio 1.85 resets padded streams, refuses two binary values in one header, and hangs up on
    frames that it does not know. No gRPC client is known to send any of them.
    """
    with Stranger(served) as stranger, contextlib.suppress(ConnectionError):
        send(stranger)
    with Stranger(served) as stranger:
        assert_served(stranger)


def test_small_windows_are_kept(served: str) -> None:
    """A client with little room gets an answer of any size, in pieces."""
    large = b"\x0a\x80\x80\x04" + b"x" * 65536
    with Stranger(served) as stranger:
        settings = {
            SettingCodes.INITIAL_WINDOW_SIZE: 100,
            SettingCodes.HEADER_TABLE_SIZE: 0,
        }
        stranger.http.update_settings(settings)
        whole = message(large)
        parts = [whole[i : i + 16_000] for i in range(0, len(whole), 16_000)]
        stream = stranger.begin(headers(ECHO))
        for part in parts:
            while stranger.http.local_flow_control_window(stream) < len(part):
                stranger.send()
                stranger.receive()
            stranger.http.send_data(stream, part)
        stranger.http.end_stream(stream)
        assert stranger.answer(stream).content == large


ILLEGAL: dict[str, tuple[dict[str, str | None], bytes]] = {
    "another content type": ({"content_type": "text/html"}, CALL),
    "GET": ({"__method": "GET"}, CALL),
    "no path": ({"__path": None}, CALL),
    "no such method": ({"__path": "/peer.v1.Peer/None"}, CALL),
    "no such service": ({"__path": "/None/None"}, CALL),
    "a path without a method": ({"__path": "peer"}, CALL),
    "a timeout that is none": ({"grpc_timeout": "soon"}, CALL),
    "a timeout of many digits": ({"grpc_timeout": "9" * 40 + "S"}, CALL),
    "an encoding that nobody knows": (
        {"grpc_encoding": "rot13"},
        message(CONTENT, compressed=True),
    ),
    "bytes that are not gzip": (
        {"grpc_encoding": "gzip"},
        message(b"nothing", compressed=True),
    ),
    "metadata of ten megabytes": (
        {f"x_{i}": "m" * 10_000 for i in range(1000)},
        CALL,
    ),
    "bytes that are no base64": ({"trace_bin": "!!!"}, CALL),
    "two messages": ({}, CALL + CALL),
    "a flag that is none": ({}, b"\x07" + CALL[1:]),
    "a length of 4 GiB": ({}, b"\0\xff\xff\xff\xff" + CONTENT),
    "no protobuf": ({}, message(b"\xff\xff\xff")),
}
LENIENT = {  # what C-core takes all the same
    "GET",
    "two messages",
    "another content type",
    "a flag that is none",
    "a timeout that is none",
    "a timeout of many digits",
    "bytes that are no base64",
    "metadata of ten megabytes",  # between its soft and its hard limit it draws lots
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_a_malformed_call_ends_by_itself_alone(served: str, name: str) -> None:
    changes, data = ILLEGAL[name]
    with Stranger(served) as stranger:
        try:
            answer = stranger.call(headers(ECHO, **changes), data)
        except ConnectionError:
            stranger.closed, answer = True, Answer()
        refused = answer.status != OK or answer.reset is not None or stranger.closed
        assert refused or name in LENIENT
        if not stranger.closed:
            assert_served(stranger)
    with Stranger(served) as stranger:
        assert_served(stranger)


@pytest.mark.parametrize("data", [b"", CALL[:2], CALL[:-3]])
def test_a_call_without_its_message_ends_with_its_deadline(served: str, data: bytes) -> None:
    """Without one it ends with its connection: until then it is one of those that may be open."""
    with Stranger(served) as stranger:
        answer = stranger.call(headers(ECHO, grpc_timeout="500m"), data)
        assert answer.status == DEADLINE_EXCEEDED
        assert_served(stranger)


def test_what_is_too_large_is_told_as_that(served: str) -> None:
    with Stranger(served) as stranger:
        answer = stranger.call(headers(ECHO), b"\0\xff\xff\xff\xff" + CONTENT)
        assert answer.status == RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: plugin\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        bytes(100_000),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 9,
    ],
    ids=["HTTP/1", "TLS", "zeros", "a frame of 16 MiB"],
)
def test_what_is_no_http2_is_hung_up_on(served: str, raw: bytes) -> None:
    path = served.removeprefix("unix:")
    if path != served:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
    else:
        host, _, port = served.rpartition(":")
        connection = socket.create_connection((host, int(port)))
    with connection:
        connection.settimeout(30)
        try:
            connection.sendall(raw)
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
    with Stranger(served) as stranger:
        assert_served(stranger)


def listener(target: str) -> socket.socket:
    path = target.removeprefix("unix:")
    if path != target:
        made = socket.socket(socket.AF_UNIX)
        made.bind(path)
    else:
        host, _, port = target.rpartition(":")
        made = socket.socket()
        made.bind((host, int(port)))
    return made


GIVEN_UP = {
    "as grpc-go at a deadline": Reply(reset=ErrorCodes.CANCEL),
    "as tonic at a deadline": Reply(status=1, text="Timeout expired"),
}


@pytest.mark.parametrize("reply", GIVEN_UP.values(), ids=GIVEN_UP)
def test_a_call_that_its_server_gives_up_is_unavailable(
    reply: Reply, sdk: Any, addresses: Addresses
) -> None:
    """It keeps the deadline too, and may be a moment earlier than gRPC here."""
    target = addresses("tcp")
    server = Serving(listener(target), lambda path, message: reply)

    async def ask() -> None:
        async with sdk.clients.AsyncPeerClient(target) as client:
            await client.echo(sdk.models.Payload())

    try:
        with sdk.clients.PeerClient(target) as client:
            with pytest.raises(UnavailableError):
                client.echo(sdk.models.Payload())
            with pytest.raises(UnavailableError):
                list(client.download(sdk.models.Order()))
        with pytest.raises(UnavailableError):
            asyncio.run(ask())
    finally:
        server.stop()


PSEUDO = [":scheme", ":method", ":authority", ":path"]
FORBIDDEN = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
}


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_our_clients_send_what_strict_servers_take(
    transport: str, sdk: Any, addresses: Addresses
) -> None:
    target = addresses(transport)
    listening = listener(target)
    metadata = [("x-text", "value"), ("x-bytes-bin", b"\0\xff")]
    with serving(listening) as seen, sdk.clients.PeerClient(target) as client:
        client.echo(sdk.models.Payload(data=b"x"), metadata=metadata, timeout=12.5)
        list(client.chat(iter([sdk.models.Payload()])))
    assert len(seen.requests) == 2
    for request in seen.requests:
        names = list(request)
        assert sorted(names[:4]) == sorted(PSEUDO)
        assert all(not name.startswith(":") for name in names[4:])
        assert all(name == name.lower() for name in names)
        assert not FORBIDDEN & set(names)
        assert request[":method"] == "POST"
        assert request[":scheme"] == "http"
        assert request["te"] == "trailers"
        assert request["content-type"] == "application/grpc"
        assert re.fullmatch(r"\d{1,8}[HMSmun]", request["grpc-timeout"])
        assert re.fullmatch(r"localhost|127\.0\.0\.1:\d+", request[":authority"])
        for name, value in request.items():
            assert re.fullmatch(r":?[a-z0-9._-]+", name)
            assert re.fullmatch(r"[\x20-\x7e]*", value)
    assert seen.requests[0]["x-text"] == "value"
    assert seen.requests[0]["x-bytes-bin"].rstrip("=") == "AP8"
