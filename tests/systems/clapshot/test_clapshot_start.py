"""Does an organizer start, live and end the way the Clapshot server wants it? As real processes."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from kit.clapshot.play import EXAMPLE, Play
from kit.clapshot.server import ClapshotServer, StartFailed
from kit.clapshot.wire import OUTBOUND, organizer

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def levels(server: ClapshotServer) -> set[str]:
    """The first words of the organizer's log."""
    return {line.partition(" ")[0] for line in server.lines["stdout"]}


def tables(server: ClapshotServer) -> set[str]:
    with sqlite3.connect(server.database) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}


def test_from_spawn_to_sigterm(play: Play) -> None:
    server = play()
    with server:
        assert server.socket_seconds < 3.0, "the server waits 5 s for the socket"
        assert {"projects_version", "projects_share"} < tables(server)
        (info,) = server.outbound.requests("handshake")
        assert info.name == "org.example.projects"
        with server.session("alice") as alice:
            assert alice.navigate().kind == "page"
        stopped = server.stop()
    assert (stopped.code, stopped.killed) == (0, False)
    assert stopped.seconds < 2.0
    assert server.lines["stderr"] == []
    assert levels(server) <= {"INFO"}
    assert not server.socket.exists()


def test_a_second_start_has_nothing_to_migrate(play: Play, folder: Path) -> None:
    with play():
        pass
    with play() as server:
        assert "tables are at version" not in "\n".join(server.lines["stdout"])
    with play(migrate=False) as server, server.session("alice"):
        pass


def test_without_migrations_the_handshake_fails(play: Play) -> None:
    server = play(migrate=False, attempts=1)
    server.database.touch()
    with pytest.raises(StartFailed, match="the tables are too old"):
        server.start()


def test_a_step_that_fails_leaves_the_database_as_it_was(play: Play) -> None:
    server = play()
    script = "CREATE TABLE projects_folder (mine); CREATE TABLE media_files (id)"
    sqlite3.connect(server.database).executescript(script)
    with pytest.raises(StartFailed, match="INTERNAL: internal error of the organizer"):
        server.start()
    assert tables(server) == {"projects_folder", "media_files"}
    server.stop()
    (failure,) = (x for x in server.lines["stdout"] if x.startswith("ERROR"))
    assert re.search(r"\\nTraceback .*table projects_folder already exists", failure)


def test_the_flags_of_the_server(play: Play) -> None:
    with play(flags="--debug --json") as server:
        server.stop()
    assert all(line.startswith('{"level": "') for line in server.lines["stdout"])
    assert any('"DEBUG"' in line for line in server.lines["stdout"])
    (there,) = (line for line in server.lines["stdout"] if "listening on" in line)
    assert str(server.socket) in there


@pytest.mark.parametrize("signal_of", ["the shell", "a shell that does not exec"])
def test_what_a_shell_does(play: Play, signal_of: str) -> None:
    """Without `exec` the signal ends the shell alone; the organizer notices."""
    plain = f"{sys.executable} {EXAMPLE}"
    command = f"exec {plain}" if signal_of == "the shell" else f"true; {plain}"
    if "not" in signal_of:
        command = f"trap '' USR1; {plain}"
    server = play(command=command)
    with server:
        assert not server.stop().killed
    assert server.has_closed_its_log
    assert not server.socket.exists()


def test_an_organizer_that_hangs_ends_before_the_sigkill(play: Play) -> None:
    with play("scripted.py", script={"run_test": "hang"}) as server:
        connection = server.connection()
        connection.begin("run_test", organizer("RunTestRequest", test_name="x"))
        while not any("run_test" in line for line in server.lines["stdout"]):
            pass
        stopped = server.stop()
        assert (stopped.killed, stopped.code) == (False, 0)
        assert 1.5 < stopped.seconds < 4.5  # it was given half of the grace
        connection.close()


@pytest.mark.parametrize(
    ("what", "text"), [("bug", "secret of the organizer"), ("exit", "SystemExit")]
)
def test_an_organizer_that_cannot_be_made(play: Play, what: str, text: str) -> None:
    server = play("scripted.py", script={"init": what})
    with pytest.raises(StartFailed, match=r"the organizer ended: [13]"):
        server.start()
    server.stop()
    assert "Traceback" not in "\n".join(server.lines["stderr"])
    if what == "bug":
        assert any(text in line for line in server.lines["stdout"])


@pytest.mark.parametrize("first", ["outbound", "hook"])
def test_a_handshake_that_fails_is_tried_again(play: Play, first: str) -> None:
    script = {"on_connected": "first"} if first == "hook" else {}
    server = play("scripted.py", script=script)
    if first == "outbound":
        from grpc import StatusCode

        answers = iter([StatusCode.INTERNAL, StatusCode.UNAVAILABLE])
        empty = organizer_empty()
        server.outbound.answers["handshake"] = lambda _: next(answers, empty)
    with server:
        tries = 2 if first == "hook" else 3
        assert len(server.outbound.requests("handshake")) == tries


def organizer_empty() -> object:
    from kit.clapshot.wire import message_class

    return message_class("clapshot.Empty")()


def test_a_server_that_names_no_address(play: Play) -> None:
    server = play("scripted.py", attempts=1)
    info = server.server_info()
    info.ClearField("backchannel")
    server.server_info = lambda: info  # type: ignore[method-assign]
    with pytest.raises(StartFailed, match="does not say where it can be reached"):
        server.start()


def test_a_server_that_cannot_be_reached(play: Play) -> None:
    server = play("scripted.py", attempts=1)
    info = server.server_info()
    info.backchannel.unix.path = "/nowhere/at.sock"
    server.server_info = lambda: info  # type: ignore[method-assign]
    with pytest.raises(StartFailed, match="INTERNAL: internal error of the organizer"):
        server.start()


def test_the_server_over_tcp(play: Play) -> None:
    server = play("scripted.py")
    served, port = server.outbound.serve_tcp()
    info = server.server_info()
    info.backchannel.tcp.host, info.backchannel.tcp.port = "127.0.0.1", port
    server.server_info = lambda: info  # type: ignore[method-assign]
    with server:
        assert len(server.outbound.requests("handshake")) == 1
    served.stop()


def test_the_server_is_called_back_as_localhost(play: Play) -> None:
    """A server on Rust's h2 resets a stream whose authority is the path of its socket."""
    with play("scripted.py") as server:
        assert server.served is not None
        (request,) = server.served.requests
    assert request[":authority"] == "localhost"
    assert request[":path"] == f"/{OUTBOUND}/handshake"


def test_sessions_at_the_same_time(play: Play) -> None:
    """Each on its own connection, and none waits for another."""
    from concurrent.futures import ThreadPoolExecutor

    with play() as server, ThreadPoolExecutor(8) as users:

        def visit(i: int) -> str:
            with server.session(f"user{i}") as session:
                session.command("new_folder", f'{{"title": "of {i}"}}')
                listing = session.navigate().answer.page_items[0].folder_listing
                return str(listing.items[0].folder.title)

        assert list(users.map(visit, range(8))) == [f"of {i}" for i in range(8)]
        actions = server.outbound.requests("client_define_actions")
        assert sorted(a.sid for a in actions) == [f"sid-user{i}" for i in range(8)]


def test_the_log_holds_no_line_without_a_level(play: Play) -> None:
    with play("scripted.py", script={"navigate_page": "bug"}) as server:
        with server.session("alice") as alice:
            outcome = alice.navigate()
        server.stop()
    assert outcome.kind == "error"
    assert "secret" not in outcome.text
    assert levels(server) <= {*LEVELS}
    assert r"INFO [stdout] navigate_page" in server.lines["stdout"]
    (failure,) = (x for x in server.lines["stdout"] if x.startswith("ERROR"))
    assert "secret of the organizer" in failure


def test_the_example_can_be_started_from_anywhere(play: Play, folder: Path) -> None:
    """Its README's command, with the program copied as it stands."""
    copied = folder / "mine"
    shutil.copytree(EXAMPLE.parent, copied)
    with play(copied / "organizer.py") as server, server.session("alice") as alice:
        assert alice.navigate().kind == "page"
