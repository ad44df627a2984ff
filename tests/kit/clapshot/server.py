"""How does the Clapshot server treat its organizer? Played: order, limits, meaning of statuses.

The start is that of the real server: spawn through a shell, wait for the socket, migrate, serve
OrganizerOutbound, make the handshake. Then come browser sessions, each with a connection of its
own, and at the end SIGTERM, five seconds, SIGKILL. What a status means is decided per call.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.clapshot.peer import CallFailed, Code, Connection, Outbound
from kit.clapshot.wire import message_class, organizer
from kit.h2_server import Serving

POLL_SECONDS = 0.1
SOCKET_SECONDS = 5.0
ATTEMPTS = 5
ATTEMPT_PAUSE = 0.5
KILL_SECONDS = 5.0


class StartFailed(Exception):
    """The server would not start."""


class SessionClosed(Exception):
    """The browser session was ended."""


@dataclass(frozen=True)
class Stopped:
    """How an organizer ended: seconds from SIGTERM on, the shell's exit code, SIGKILL or not."""

    seconds: float
    code: int
    killed: bool


@dataclass(frozen=True)
class Outcome:
    """What a call leads to: "page", "built-in", "ignored", "error", …; with the user's text."""

    kind: str
    text: str = ""
    answer: Any = None


class ClapshotServer:
    """One server with one organizer; `start()` to `stop()`, or as a context manager."""

    def __init__(
        self,
        folder: Path,
        command: str,
        *,
        flags: str = "",
        migrate: bool = True,
        attempts: int = ATTEMPTS,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.socket = folder / "grpc-srv-to-org.sock"
        self.database = folder / "clapshot.sqlite"
        self.outbound = Outbound(sessions=set())
        self.lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self.socket_seconds = 0.0
        self._command = f"{command} {self.socket} {flags}".rstrip()
        self._migrate = migrate
        self._attempts = attempts
        self._environ = {**os.environ, **(environ or {})}
        self._readers: list[threading.Thread] = []
        self.served: Serving | None = None

    def __enter__(self) -> ClapshotServer:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """To the point where users are let in. Raises StartFailed."""
        self.spawn()
        self.wait_for_socket()
        if self._migrate or not self.database.exists():
            self.migrate()
        self.served = self.outbound.serve(f"{self.folder}/grpc-org-to-srv.sock")
        self.handshake()

    # ------------------------------------------------------------ the process

    def spawn(self) -> None:
        if self.socket.exists():
            if not stat.S_ISSOCK(self.socket.stat().st_mode):
                raise StartFailed(f"{self.socket} is no socket")
            self.socket.unlink()
        former = signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # inherited
        self._spawned = time.monotonic()
        self.process = subprocess.Popen(
            ["sh", "-c", self._command],
            # What is left by an organizer that must be killed goes with the folder of its socket.
            env={**self._environ, "TMPDIR": str(self.socket.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        signal.signal(signal.SIGUSR1, former)
        for name, stream in (
            ("stdout", self.process.stdout),
            ("stderr", self.process.stderr),
        ):
            reader = threading.Thread(target=self._read, args=(name, stream))
            reader.start()
            self._readers.append(reader)

    @property
    def is_running(self) -> bool:
        return "process" in self.__dict__ and self.process.poll() is None

    @property
    def has_closed_its_log(self) -> bool:
        """Whether nobody has stdout and stderr of the organizer any more: it has ended."""
        return not any(reader.is_alive() for reader in self._readers)

    def _read(self, name: str, stream: Any) -> None:
        for line in stream:
            self.lines[name].append(line.rstrip("\n"))

    def wait_for_socket(self) -> None:
        # More, on a machine that has more to do than it can.
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        until = self._spawned + SOCKET_SECONDS * min(max(load, 1.0), 4.0)
        while not self.socket.exists():
            if time.monotonic() > until:
                raise StartFailed("the socket did not appear in time")
            if self.process.poll() is not None:
                raise StartFailed(f"the organizer ended: {self.process.returncode}")
            time.sleep(POLL_SECONDS)
        self.socket_seconds = time.monotonic() - self._spawned

    def stop(self) -> Stopped:
        """SIGTERM to the shell's pid, 5 s, SIGKILL."""
        if self.served is not None:
            self.served.stop()
            self.served = None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        killed = False
        try:
            self.process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            killed = True
            self.process.kill()
            self.process.wait()
        seconds = time.monotonic() - began
        for reader in self._readers:
            reader.join(KILL_SECONDS)
        return Stopped(seconds, self.process.returncode, killed)

    # -------------------------------------------------------------- the start

    @property
    def target(self) -> str:
        return f"unix:{self.socket}"

    def connection(self) -> Connection:
        return Connection(self.target)

    def database_message(self) -> Any:
        return organizer("Database", endpoint=str(self.database))

    def migrate(self) -> None:
        """One connection attempt; a backup, restored if anything fails."""
        if not self.database.exists():
            sqlite3.connect(self.database).executescript("CREATE TABLE media_files (id);")
        connection = self.connection()
        backup = self.database.with_suffix(".backup")
        shutil.copy(self.database, backup)
        try:
            connection.connect()
            for step in self._plan(connection):
                request = organizer("ApplyMigrationRequest", uuid=step.uuid)
                request.db.CopyFrom(self.database_message())
                connection.call("apply_migration", request)
            self._check_foreign_keys()
        except (CallFailed, OSError, StartFailed) as error:
            shutil.copy(backup, self.database)
            raise StartFailed(f"migration failed: {error}") from error
        finally:
            connection.close()

    def _plan(self, connection: Connection) -> list[Any]:
        request = organizer("CheckMigrationsRequest", db=self.database_message())
        try:
            state = connection.call("check_migrations", request)
        except CallFailed as error:
            if error.code in (Code.UNIMPLEMENTED, Code.NOT_FOUND):
                return []
            raise
        pending = list(state.pending_migrations)
        found = solve(state.name, state.current_schema_ver, pending)
        if found is None:
            raise StartFailed("no order of the migrations leads to the highest version")
        return found

    def _check_foreign_keys(self) -> None:
        with sqlite3.connect(self.database) as database:
            broken = database.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise StartFailed(f"foreign keys point nowhere: {broken}")

    def server_info(self) -> Any:
        info = organizer("ServerInfo", url_base="http://localhost")
        info.version.minor = 8
        info.storage.local_fs.base_dir = str(self.folder)
        info.db.CopyFrom(self.database_message())
        info.backchannel.unix.path = f"{self.folder}/grpc-org-to-srv.sock"
        return info

    def handshake(self) -> None:
        for attempt in range(1, self._attempts + 1):
            connection = self.connection()
            try:
                connection.connect()
                connection.call("handshake", self.server_info())
                if not self.outbound.requests("handshake"):
                    raise StartFailed("the organizer has not introduced itself")
            except (CallFailed, OSError) as error:
                if attempt == self._attempts:
                    raise StartFailed(f"handshake failed: {error}") from error
                time.sleep(ATTEMPT_PAUSE)
            else:
                return
            finally:
                connection.close()

    # ----------------------------------------------------------- the sessions

    def session(self, user: str, *, is_admin: bool = False) -> Session:
        """A browser session: its own connection, begun and logged in. Raises SessionClosed."""
        return Session(self.connection(), user, is_admin, self.outbound.sessions)


def solve(name: str, version: str, pending: list[Any]) -> list[Any] | None:
    """An order of migrations that reaches the highest version; None if there is none."""
    highest = max([version, *(m.version for m in pending)])
    if version == highest:
        return []
    for step in pending:
        dependencies = (met(d, name, version) for d in step.dependencies)
        if step.version <= version or not all(dependencies):
            continue
        rest = solve(name, step.version, pending)
        if rest is not None:
            return [step, *rest]
    return None


def met(dependency: Any, name: str, version: str) -> bool:
    """An unset limit is none; an empty one is a limit."""
    if dependency.name != name:
        return dependency.name == "clapshot.server"
    if dependency.HasField("min_ver") and version < dependency.min_ver:
        return False
    return not (dependency.HasField("max_ver") and version > dependency.max_ver)


class Session:
    """A logged-in user; a call returns the `Outcome` that the user gets to see."""

    def __init__(
        self,
        connection: Connection,
        user: str,
        is_admin: bool,
        sessions: set[str] | None,
    ) -> None:
        self._connection = connection
        self._sessions = set[str]() if sessions is None else sessions
        self.data = organizer("UserSessionData", sid=f"sid-{user}", is_admin=is_admin)
        self.data.user.id, self.data.user.name = user, user.title()
        self._sessions.add(self.data.sid)
        try:
            self._begin()
        except BaseException:
            connection.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._sessions.discard(self.data.sid)
        self._connection.close()

    def _begin(self) -> None:
        try:
            self._call("on_start_user_session", "OnStartUserSessionRequest")
        except CallFailed as error:
            if error.code is not Code.UNIMPLEMENTED:
                raise SessionClosed(str(error)) from error
        login = self.authz(other_op=organizer("AuthzUserActionRequest.OtherOp"))
        if login.kind == "denied":
            raise SessionClosed(f"login denied: {login.text}")

    def _call(self, rpc: str, message: str, **fields: Any) -> Any:
        return self._connection.call(rpc, organizer(message, ses=self.data, **fields))

    def authz(self, **op: Any) -> Outcome:
        try:
            answer = self._call("authz_user_action", "AuthzUserActionRequest", **op)
        except CallFailed as error:
            if error.code is Code.UNIMPLEMENTED:
                return Outcome("server's default")
            if error.code is Code.ABORTED:
                return Outcome("denied", "a warning in the log")
            return Outcome("denied", "internal error")
        if not answer.HasField("is_authorized"):
            return Outcome("server's default")
        if answer.is_authorized:
            return Outcome("allowed")
        return Outcome("denied", answer.message, answer)

    def navigate(self, page_id: str | None = None) -> Outcome:
        try:
            answer = self._call("navigate_page", "NavigatePageRequest", page_id=page_id)
        except CallFailed as error:
            if error.code in (Code.UNIMPLEMENTED, Code.ABORTED):
                return Outcome("built-in listing")
            return Outcome("error", str(error))
        if page_id is None:
            answer.ClearField("page_id")
        else:
            answer.page_id = page_id
        return Outcome("page", answer=answer)

    def command(self, cmd: str, args: str) -> Outcome:
        fields = {"cmd": cmd, "args": args}
        return self._told("cmd_from_client", "CmdFromClientRequest", {Code.ABORTED}, fields)

    def move(self, ids: list[Any], folder: str, **listing: str) -> Outcome:
        fields = {"ids": ids, "dst_folder_id": folder, "listing_data": listing}
        ignored = {Code.ABORTED, Code.UNIMPLEMENTED}
        return self._told("move_to_folder", "MoveToFolderRequest", ignored, fields)

    def reorder(self, ids: list[Any]) -> Outcome:
        ignored = {Code.ABORTED, Code.UNIMPLEMENTED}
        return self._told("reorder_items", "ReorderItemsRequest", ignored, {"ids": ids})

    def _told(self, rpc: str, message: str, ignored: set[Code], fields: dict[str, Any]) -> Outcome:
        try:
            self._call(rpc, message, **fields)
        except CallFailed as error:
            if error.code in ignored:
                return Outcome("ignored")
            return Outcome("error", str(error))
        return Outcome("done")


def list_tests(server: ClapshotServer) -> Outcome:
    """The names of the organizer's own tests."""
    connection = server.connection()
    try:
        answer = connection.call("list_tests", message_class("clapshot.Empty")())
    except CallFailed as error:
        if error.code in (Code.UNIMPLEMENTED, Code.NOT_FOUND):
            return Outcome("none")
        return Outcome("error", str(error))
    finally:
        connection.close()
    return Outcome("tests", answer=list(answer.test_names))
