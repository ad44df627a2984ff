"""How is a plugin run that prints the port it listens on?

It listens on 127.0.0.1, on a port the system chooses, and the first line on stdout is that port and
nothing else. What the program prints goes to stderr, where the log goes as text. The first
argument that looks like host:port is the host's own address, the others are for the plugin. The
process ends at SIGTERM or SIGINT (at a second one at once), when stdin ends, if it is a pipe, and
when the parent is gone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..exceptions import LaunchError
from ..limits import STATUS_BYTES_OF_GO
from ..loops.places import HandlerLoop
from ..process import children
from ..process.application import Application, ApplicationProcess
from ..process.diversion import check_stdout, put_stdin_aside, send_lines_at_once, unread_bytes
from ..process.endpoint import bind_grpc, tcp_endpoint
from ..process.guardian import Guardian
from ..process.levels import level_from
from ..process.line_handler import LineHandler
from ..process.line_writer import LineWriter
from ..process.records import missing_as_text, record_text
from ..process.server_limits import ServerLimits
from ..process.serving import Close, refuse, run_guarded
from ..process.stderr_log import duplicate_stderr, stderr_log

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]=-][^\s:/\[\]=]*):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class PortOnStdout(ServerLimits):
    """The launch style and its constants. `log_level_variables`: environment variables that may
    name the log level; the first one that is set wins.
    """

    log_level_variables: tuple[str, ...] = ()
    max_status_bytes: int = field(default=STATUS_BYTES_OF_GO, kw_only=True)

    def prepare(self) -> None:
        """Nothing: what is printed too early is told when the port is to be."""

    def run(self, application: Application) -> NoReturn:
        """Be the process of `application`; never returns."""
        stdin = put_stdin_aside()
        log = stderr_log(missing_as_text)
        log_as_text(log.writer, self.log_level_variables)
        try:
            announcement = Announcement(set_stdout_aside())
        except LaunchError as error:
            refuse(error)
        parent = os.getppid()

        def guardian() -> Guardian:
            made = Guardian(self.grace_seconds, parent, nothing, interrupts=True)
            if stdin is not None:
                stop_at_end(stdin, made)
            return made

        arguments = split_arguments(sys.argv[1:])
        run_guarded(guardian, lambda g: PortProcess(self, application, announcement, arguments, g))


def nothing() -> None:
    """A port leaves nothing to clean up."""


def split_arguments(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The host's address, which is the first word that looks like one ("" if none does), and the
    other words, which are for the plugin. The value of an option may stand before it.
    """
    for position, word in enumerate(words):
        if is_address(word):
            return word, (*words[:position], *words[position + 1 :])
    return "", tuple(words)


def is_address(word: str) -> bool:
    """Whether `word` is host:port."""
    found = _ADDRESS.fullmatch(word)
    return found is not None and int(found["port"]) <= 65535


def set_stdout_aside() -> int:
    """A descriptor for the port; descriptor 1 becomes stderr. Raises `LaunchError` without one.

    What Python has printed and not yet written goes to stderr too.
    """
    check_stdout()
    real = os.dup(1)  # not inheritable
    children.keep_from(real)
    stderr = duplicate_stderr()
    os.dup2(stderr, 1)
    os.close(stderr)
    send_lines_at_once()
    return real


def text_line(record: logging.LogRecord) -> bytes:
    """Level, logger and message, then the traceback."""
    text = f"{record.levelname} {record.name}: {record_text(record)}\n"
    return text.encode("utf-8", "backslashreplace")


def log_as_text(writer: LineWriter, variables: Sequence[str]) -> None:
    """Text to `writer`, from the level that the environment names."""
    level, complaint = level_from(os.environ, variables)
    root = logging.getLogger()
    root.addHandler(LineHandler(writer, text_line))
    root.setLevel(level)
    logging.captureWarnings(True)
    if complaint:
        logging.getLogger("plugwright.styles").warning("%s", complaint)


def stop_at_end(stdin: int, guardian: Guardian) -> None:
    """Stop when the other end of stdin is closed."""

    def read_to_end() -> None:
        with contextlib.suppress(OSError):
            while os.read(stdin, 4096):
                pass
        guardian.stop("stdin has ended")

    threading.Thread(target=read_to_end, name="stdin", daemon=True).start()


class Announcement:
    """The line with the port, for the host; in: the descriptor it reads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def make(self, port: int) -> None:
        """Raises `LaunchError` if the host does not read the port, or would read something else for
        it.
        """
        if size := unread_bytes(self._descriptor):
            raise LaunchError(
                f"{size} bytes were printed on stdout before run_plugin, where the host looks for "
                "the port: print to stderr, or in the plugin"
            )
        try:
            os.write(self._descriptor, f"{port}\n".encode())
        except OSError as error:
            raise LaunchError(f"the host does not read the port: {error.strerror}") from error


class PortProcess(ApplicationProcess):
    """The server of one application, on a port of its own. `arguments`: the host's address, and the
    words for the plugin.
    """

    def __init__(
        self,
        style: PortOnStdout,
        application: Application,
        announcement: Announcement,
        arguments: tuple[str, tuple[str, ...]],
        guardian: Guardian,
    ) -> None:
        super().__init__(style, application, guardian)
        self._announcement = announcement
        self._arguments = arguments
        self._port = 0

    async def register(self) -> None:
        await self.application.register(self.server, self._attributes)

    def _attributes(self, coroutines: HandlerLoop) -> Mapping[str, Any]:
        host, others = self._arguments
        return {"host_address": host, "host_arguments": others}

    async def listen(self) -> Close:
        self._port = bind_grpc(self.server, tcp_endpoint(0))

        async def close() -> None:
            pass

        return close

    def announce(self) -> None:
        self._announcement.make(self._port)
