"""How is a plugin run that prints the port it listens on?

It listens on 127.0.0.1, on a port the system chooses, and the first line on stdout is that port and
nothing else. What the program prints goes to stderr, where the log goes as text. The host's own
address may be the first argument. The process ends at SIGTERM or SIGINT (at a second one at once),
when stdin ends, if it is a pipe, and when the parent is gone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import sys
import threading
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from .diversion import send_lines_at_once
from .endpoint import bind_grpc, tcp_endpoint
from .goplugin.logs import level_from
from .guardian import Guardian
from .launch_error import LaunchError
from .limits import MAX_MESSAGE_BYTES
from .serving import (
    MAX_STREAMS,
    ApplicationProcess,
    Close,
    run_guarded,
)

if TYPE_CHECKING:
    from .application import Application


@dataclass(frozen=True, slots=True)
class PortOnStdout:
    """The constants of this launch style.

    `log_level_variables`: environment variables that may name the log level; the first one that is
    set wins. `grace_seconds`: from the request to stop until the process is gone.
    `max_message_bytes`, `max_streams`: limits of the server.
    """

    log_level_variables: tuple[str, ...] = ()
    grace_seconds: float = 4.0
    max_message_bytes: int = MAX_MESSAGE_BYTES
    max_streams: int = MAX_STREAMS


def run(
    style: PortOnStdout, application: Application, words: Sequence[str]
) -> NoReturn:
    """Be the process of `application`; never returns."""
    real = set_stdout_aside()
    configure_logging(style.log_level_variables)
    parent = os.getppid()

    def guardian() -> Guardian:
        made = Guardian(
            style.grace_seconds,
            None if parent == 1 else parent,
            nothing,
            interrupts=True,
        )
        watch_stdin(made)
        return made

    host = next((word for word in words if not word.startswith("-")), "")
    run_guarded(guardian, lambda g: Process(style, application, real, host, g))


def nothing() -> None:
    """A port leaves nothing to clean up."""


def set_stdout_aside() -> int:
    """A descriptor for the port; descriptor 1 becomes stderr.

    What Python has printed and not yet written goes to stderr too.
    """
    try:
        real = os.dup(1)
    except OSError:
        raise SystemExit("stdout is closed: the host reads the port from it") from None
    os.dup2(2, 1)
    send_lines_at_once()
    return real


def configure_logging(variables: Sequence[str]) -> None:
    """Text on stderr, from the level that the environment names."""
    level, complaint = level_from(os.environ, variables)
    logging.basicConfig(
        format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr, level=level
    )
    logging.captureWarnings(True)
    if complaint:
        logging.getLogger("plugwright.launch").warning("%s", complaint)


def watch_stdin(guardian: Guardian) -> None:
    """Stop when the other end of stdin is closed; a terminal or /dev/null says nothing."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(
            target=_read_to_end, args=(guardian,), name="stdin", daemon=True
        ).start()


def _read_to_end(guardian: Guardian) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    guardian.stop("stdin has ended")


class Process(ApplicationProcess):
    """The server of one application, on a port of its own."""

    def __init__(
        self,
        style: PortOnStdout,
        application: Application,
        real: int,
        host: str,
        guardian: Guardian,
    ) -> None:
        super().__init__(style, application, guardian)
        self._real = real
        self._host = host
        self._port = 0

    def register(self) -> Awaitable[None]:
        target = self._host or None
        return self.application.register(
            self.server, host_address=self._host, _target=target
        )

    async def listen(self) -> Close:
        self._port = bind_grpc(self.server, tcp_endpoint(0))

        async def close() -> None:
            pass

        return close

    def announce(self) -> None:
        try:
            os.write(self._real, f"{self._port}\n".encode())
        except OSError as error:
            raise LaunchError(
                f"the host does not read the port: {error.strerror}"
            ) from error
