"""Is a server served that calls with `:scheme: file`, as Clapshot does up to 0.8.2?"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.clapshot.play import Play
from kit.clapshot.server import ClapshotServer
from kit.clapshot.wire import INBOUND, organizer
from kit.h2_client import Stranger, headers, message

FILE = {"__scheme": "file", "__authority": "dummy"}
LIST_TESTS = f"/{INBOUND}/list_tests"
COMMAND = f"/{INBOUND}/cmd_from_client"
UNIMPLEMENTED = 12
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


@pytest.fixture
def scripted(play: Play, folder: Path) -> Iterator[ClapshotServer]:
    temporary = folder / "tmp"
    temporary.mkdir()
    server = play("scripted.py", environ={"TMPDIR": str(temporary)})
    with server:
        yield server
    assert not list(temporary.iterdir()), "the relay's folder is left behind"


def connected(server: ClapshotServer) -> Stranger:
    return Stranger(f"unix:{server.socket}")


def status(stranger: Stranger, **changes: str) -> int | None:
    head = headers(LIST_TESTS, **(FILE | changes))
    return stranger.call(head, message(b"")).status


def test_calls_with_a_scheme_of_files_are_answered(scripted: ClapshotServer) -> None:
    """Also later ones, which refer to what the first one said."""
    with connected(scripted) as stranger:
        for number in range(5):
            assert status(stranger, x_call=str(number)) == UNIMPLEMENTED
    with connected(scripted) as stranger:
        assert status(stranger, __scheme="http") == UNIMPLEMENTED


def test_large_messages_pass(scripted: ClapshotServer) -> None:
    request = organizer("CmdFromClientRequest", cmd="x", args="a" * 5_000_000)
    body = message(request.SerializeToString())
    with connected(scripted) as stranger:
        stream = stranger.begin(headers(COMMAND, **FILE))
        while body:
            room = stranger.http.local_flow_control_window(stream)
            part = body[: min(room, stranger.http.max_outbound_frame_size)]
            stranger.http.send_data(stream, part)
            stranger.send()
            body = body[len(part) :]
            if not part:
                stranger.receive()
        stranger.http.end_stream(stream)
        answer = stranger.answer(stream)
    assert "has no command" in answer.headers["grpc-message"]


def test_many_users_at_once(scripted: ClapshotServer) -> None:
    """The server has a connection for each."""
    with contextlib.ExitStack() as stack:
        users = [stack.enter_context(connected(scripted)) for _ in range(200)]
        assert {status(user) for user in users} == {UNIMPLEMENTED}


def frame(kind: int, flags: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + b"\0\0\0\1" + payload


STRANGERS = {
    "no HTTP/2": b"GET / HTTP/1.1\r\n\r\n" * 10_000,
    "headers without end": frame(1, 0, b"") + frame(9, 0, b"\x86" * 9000) * 2000,
    "empty continuations": frame(1, 0, b"") + frame(9, 0, b"") * 200_000,
    "a frame without end": b"\xff\xff\xff\1\4\0\0\0\1" + b"\x86" * 20_000_000,
    "thousands of entries": frame(1, 4, b"\x40\0\0" * 5000) * 20,
    "Huffman's code": frame(1, 4, b"\x40\0\xff\x81\x7d" + b"\0" * 16_000) * 20,
}


@pytest.mark.parametrize("data", STRANGERS.values(), ids=STRANGERS)
def test_strangers_do_not_keep_the_server_out(scripted: ClapshotServer, data: bytes) -> None:
    pid = scripted.process.pid
    before = memory(pid)
    for _ in range(3):
        with raw(scripted) as stranger, contextlib.suppress(OSError):
            stranger.sendall(GREETING + data)
            while stranger.recv(65536):
                pass
    with connected(scripted) as honest:
        assert status(honest) == UNIMPLEMENTED
    assert memory(pid) - before < 60 << 20


@contextlib.contextmanager
def raw(server: ClapshotServer) -> Iterator[socket.socket]:
    """A connection that is read until the server hangs up, or says nothing for a while."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.5)
        connection.connect(str(server.socket))
        yield connection


def memory(pid: int) -> int:
    """Bytes in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_an_organizer_that_cannot_listen_leaves_nothing(play: Play, folder: Path) -> None:
    temporary = folder / "tmp"
    temporary.mkdir()
    (folder / "taken").mkdir()
    server = play("scripted.py", environ={"TMPDIR": str(temporary)})
    server._command = server._command.replace("grpc-srv-to-org.sock", "taken")
    server.spawn()
    assert server.process.wait(30) == 1
    server.stop()
    assert any("is there and no socket" in line for line in server.lines["stdout"])
    assert not list(temporary.iterdir())


def test_a_server_that_hangs_up_within_its_headers(scripted: ClapshotServer) -> None:
    with raw(scripted) as connection:
        connection.sendall(GREETING + frame(1, 0, b"\x86"))
    with connected(scripted) as stranger:
        assert status(stranger) == UNIMPLEMENTED
