"""Does listening leave the process as it was, and open nothing to others on the way?"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from plugwright_runtime.process.endpoint import temporary_directory
from plugwright_runtime.styles import socket_address
from plugwright_runtime.styles.goplugin import certificate
from plugwright_runtime.styles.goplugin.environment import SOCKET_DIRECTORY, read_wishes
from plugwright_runtime.styles.goplugin.listener import Listeners, tcp_socket
from plugwright_runtime.styles.goplugin.spec import PluginSpec
from plugwright_runtime.styles.socket_address import UnixAddress, somebody_listens

SPEC = PluginSpec("COOKIE", "sesame")


@pytest.fixture
def umask() -> Iterator[Callable[[], int]]:
    """The process's umask, which begins as one that no code of ours sets."""
    before = os.umask(0o027)

    def now() -> int:
        found = os.umask(0o027)
        os.umask(found)
        return found

    yield now
    os.umask(before)


def listeners(folder: Path) -> Listeners:
    environ = {"COOKIE": "sesame", SOCKET_DIRECTORY: str(folder)}
    return Listeners(read_wishes(SPEC, environ))


def test_files_made_after_a_go_plugin_listens_have_the_users_permissions(
    short_path: Path, umask: Callable[[], int]
) -> None:
    made = listeners(short_path)
    bound, endpoint = made.bind_socket()
    assert stat.S_IMODE(os.stat(endpoint.address).st_mode) == 0o600
    assert umask() == 0o027
    bound.close()
    made.close()
    assert not os.path.exists(endpoint.address)


def test_a_go_plugin_that_cannot_listen_leaves_the_umask(
    short_path: Path, umask: Callable[[], int]
) -> None:
    made = listeners(short_path)

    class Refused(socket.socket):
        def bind(self, address: Any) -> None:
            raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Refused)
        with pytest.raises(Exception, match="cannot make the socket"):
            made.bind_socket()
    assert umask() == 0o027
    made.close()


@pytest.mark.parametrize("file_scheme", [False, True], ids=["plain", "file scheme"])
def test_files_made_after_a_socket_plugin_listens_have_the_users_permissions(
    short_path: Path, umask: Callable[[], int], file_scheme: bool
) -> None:
    path = short_path / "s.sock"

    async def scenario() -> None:
        address = UnixAddress(str(path), file_scheme)
        server = grpc.aio.server()
        close = await address.listen(server)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert umask() == 0o027
        await server.stop(0)
        await close()
        assert not path.exists()

    asyncio.run(scenario())


def test_who_does_not_answer_in_time_still_listens(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose queue of connections is full: its socket must not be taken away."""
    monkeypatch.setattr(socket_address, "ONE_SECOND", 0.05)
    path = str(short_path / "s.sock")
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(path)
        busy.listen(0)
        waiting: list[socket.socket] = []
        try:
            for _ in range(8):  # until the queue is full
                client = socket.socket(socket.AF_UNIX)
                waiting.append(client)
                client.settimeout(0.05)
                try:
                    client.connect(path)
                except (TimeoutError, BlockingIOError):
                    break
            assert somebody_listens(path)
        finally:
            for client in waiting:
                client.close()
    assert not somebody_listens(path)


def test_a_port_can_be_taken_again_at_once() -> None:
    """As after a plugin's restart, when its former connections are still in TIME_WAIT."""
    with tcp_socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        address = first.getsockname()
        with socket.create_connection(address) as client:
            accepted, _ = first.accept()
            accepted.close()  # whoever closes first is left in TIME_WAIT
            assert client.recv(1) == b""
    with tcp_socket() as second:
        second.bind(address)


def made_identity(folder: Path) -> certificate.Identity:
    pytest.importorskip("cryptography", reason="AutoMTLS needs the extra 'mtls'")
    host = certificate.make_key_pair()
    return certificate.make_identity(host.text, str(folder / "key"))


def test_nobody_else_can_read_the_private_key_while_it_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, bytes]] = []
    remove = os.unlink

    def removed(path: str) -> None:
        seen.append((stat.S_IMODE(os.stat(path).st_mode), Path(path).read_bytes()))
        remove(path)

    monkeypatch.setattr(os, "unlink", removed)
    before = os.umask(0)
    try:
        made_identity(tmp_path)
    finally:
        os.umask(before)
    [(mode, content)] = seen
    assert mode == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in content
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_somebody_has_taken_gets_no_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of somebody else")
    with pytest.raises(FileExistsError):
        made_identity(tmp_path)


def test_both_sides_of_mutual_tls_are_new_enough_and_ask_who_is_there(tmp_path: Path) -> None:
    identity = made_identity(tmp_path)
    for context in (identity.server, identity.client):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
    assert identity.client.check_hostname


def test_a_system_without_tmp_keeps_the_directory_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = str(tmp_path / ("x" * 100))
    monkeypatch.setattr(tempfile, "tempdir", long)
    assert temporary_directory() == "/tmp"
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert temporary_directory() == long
