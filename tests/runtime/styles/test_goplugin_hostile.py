"""Does a plugin survive peers that break the rules, in bounded memory, and go on serving?"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from kit.goplugin.host import (
    LIMITS,
    BrokerStream,
    Host,
    call_headers,
    frame,
    greeting,
    program,
    resident,
    start_plugin,
    stdio,
    target_of,
)

PLUGIN = """
async def rpc_Echo(request, context):
    return request
async def rpc_Wait(request, context):
    await asyncio.sleep(60)
async def rpc_Hold(request, context):
    await context.send_initial_metadata(())
    while not os.path.exists(request):
        time.sleep(0.01)
    return b""
async def many(request, context):
    while True:
        await context.write(bytes(1 << 20))
def extra_register():
    handler = grpc.unary_stream_rpc_method_handler(many)
    plugin.server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Many", {"Many": handler}),))
async def rpc_Flood(request, context):
    for _ in range(100):
        os.write(1, bytes(1 << 20))
    return b""
"""


@contextlib.contextmanager
def attacked(path: Path, limit: int) -> Iterator[Host]:
    """A plugin that must be alive, and not have grown by more than `limit` bytes, at the end."""
    with start_plugin(program(PLUGIN), path) as host:
        host.app("Echo", b"warm up")
        before = resident(host.process.pid)
        yield host
        with grpc.insecure_channel(target_of(*host.fields[2:4]), options=LIMITS) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            assert check(b"", timeout=5) == b"\x08\x01"
            assert channel.unary_unary("/test.App/Echo")(b"x", timeout=5) == b"x"
        grown = resident(host.process.pid) - before
        assert grown < limit, f"grew by {grown >> 20} MiB"


def connect(host: Host) -> socket.socket:
    plain = socket.socket(socket.AF_UNIX)
    plain.connect(host.address)
    plain.settimeout(5)
    return plain


def send(peer: socket.socket, data: bytes) -> None:
    """Send as much as the plugin takes before it hangs up."""
    with contextlib.suppress(OSError):
        peer.sendall(data)


def test_random_bytes(tmp_path: Path) -> None:
    random.seed(7)
    with attacked(tmp_path, 30 << 20) as host:
        for size in (0, 1, 9, 100, 5000, 200_000):
            for start in (b"", greeting()):
                with connect(host) as peer:
                    send(peer, start + random.randbytes(size))


@pytest.mark.parametrize(
    "path",
    [
        b"/plugin.GRPCBroker/StartStream",
        b"/plugin.GRPCStdio/StreamStdio",
        b"/grpc.health.v1.Health/Check",
        b"/test.App/Echo",
    ],
)
def test_messages_that_are_cut_short_or_declare_a_gigabyte(tmp_path: Path, path: bytes) -> None:
    with attacked(tmp_path, 30 << 20) as host:
        for message in (
            b"",
            b"\0",
            b"\0" + struct.pack(">L", 1 << 30) + b"x" * 1000,
            b"\1\0\0\0\1\xff",
        ):
            with connect(host) as peer:
                send(peer, greeting() + call_headers(1, path) + frame(0, 0, 1, message))
                peer.recv(9)


def test_broken_messages_of_every_service(tmp_path: Path) -> None:
    with attacked(tmp_path, 30 << 20) as host:
        for path in ("/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"):
            for request in (b"\xff" * 20, b"\x0a\x05ab", b"\x0a\x01\xff"):
                call = host.channel.unary_stream(path)(request, timeout=5)
                with pytest.raises(grpc.RpcError) as error:
                    list(call)
                assert error.value.code() in (
                    grpc.StatusCode.INTERNAL,
                    grpc.StatusCode.UNKNOWN,
                )
                assert "Traceback" not in error.value.details()
        for request in (
            b"\xff" * 20,
            bytes(5 << 20),
        ):  # the request of this one is not looked at
            call = host.channel.unary_stream("/plugin.GRPCStdio/StreamStdio")(request, timeout=5)
            call.initial_metadata()
            assert call.is_active()
            call.cancel()


def test_thousands_of_streams(tmp_path: Path) -> None:
    with attacked(tmp_path, 120 << 20) as host:
        calls = [host.channel.unary_unary("/test.App/Wait").future(b"") for _ in range(1500)]
        streams = [BrokerStream(host.channel) for _ in range(30)]
        outputs = [stdio(host.channel) for _ in range(300)]
        watch = host.channel.unary_stream("/grpc.health.v1.Health/Watch")
        watches = [watch(b"", timeout=5) for _ in range(100)]
        refused = 0
        for each in watches:
            try:
                next(each)
            except grpc.RpcError as error:
                refused += error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused == 100 - 16
        host.app("Echo", b"x")
        for each in calls + outputs + watches:
            each.cancel()
        for each in streams:
            each.close()


def test_calls_that_wait_for_the_loop_are_not_thrown_away(tmp_path: Path) -> None:
    """grpc cancels some by chance when more than 1000 wait, unless told otherwise."""
    with attacked(tmp_path, 120 << 20) as host:
        release = tmp_path / "release"
        hold = host.channel.unary_stream("/test.App/Hold")(bytes(release), timeout=20)
        hold.initial_metadata()
        echo = host.channel.unary_unary("/test.App/Echo")
        calls = [echo.future(b"%d" % number, timeout=20) for number in range(1900)]
        release.touch()
        assert [call.result() for call in calls] == [b"%d" % n for n in range(1900)]


def test_more_calls_at_once_than_a_connection_takes_are_queued(tmp_path: Path) -> None:
    with attacked(tmp_path, 120 << 20) as host:
        echo = host.channel.unary_unary("/test.App/Echo")
        for _ in range(2):
            calls = [echo.future(b"%d" % number, timeout=60) for number in range(6000)]
            answers = [call.result() for call in calls]
            assert answers == [b"%d" % number for number in range(6000)]


def test_calls_that_are_reset_at_once(tmp_path: Path) -> None:
    """They do not pile up, though none of them counts against what a peer may have open."""
    with attacked(tmp_path, 120 << 20) as host:
        for _ in range(3):
            with connect(host) as peer, contextlib.suppress(OSError):
                peer.settimeout(0.5)
                peer.sendall(greeting())
                for first in range(1, 60_000, 1000):
                    peer.sendall(b"".join(map(reset_call, range(first, first + 1000, 2))))
                    peer.recv(1 << 20)
        host.app("Echo", b"x", timeout=30)


def reset_call(number: int) -> bytes:
    reset = frame(3, 0, number, b"\0\0\0\x08")
    return call_headers(number, b"/test.App/Wait") + reset


def test_a_client_that_never_reads(tmp_path: Path) -> None:
    """Neither an answer without end nor the output of the program piles up, whatever it allows."""
    with attacked(tmp_path, 60 << 20) as host, connect(host) as peer:
        for stream, path in (
            (1, b"/test.Many/Many"),
            (3, b"/plugin.GRPCStdio/StreamStdio"),
        ):
            call = call_headers(stream, path) + frame(0, 1, stream, bytes(5))
            peer.sendall((greeting(2**31 - 1) if stream == 1 else b"") + call)
        host.app("Flood")
        endless = host.channel.unary_stream("/test.Many/Many")(b"")
        host.app("Flood")
        endless.cancel()


def test_the_connection_breaks_in_every_call(tmp_path: Path) -> None:
    with attacked(tmp_path, 30 << 20) as host:
        for _ in range(20):
            with grpc.insecure_channel(target_of(*host.fields[2:4])) as channel:
                stdio(channel)
                BrokerStream(channel)
                channel.unary_unary("/test.App/Wait").future(b"")
                channel.unary_stream("/test.Many/Many")(b"")
        errors = [line for line in host.log if '"@level": "error"' in line]
        # gRPC's own word for a peer that left while a message was on its way to it.
        left = '"@message": "ExecuteBatchError raised in core by servicer method'
        ours = [line for line in errors if left not in line]
        assert [line for line in ours if "Traceback" in line] == []
