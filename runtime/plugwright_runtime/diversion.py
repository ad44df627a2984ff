"""How is what a program prints kept off the stdout that its host reads?

In: descriptor 1, and what takes the bytes. Out: a `Diversion`: `print`, C code and child processes
all end there, and the real stdout is kept for the host. It imports nothing heavy: divert before
user code is imported.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Callable

READ_BYTES = 64 * 1024  # a Linux pipe holds no more


class Diversion:
    """Descriptor 1 as a pipe into `write`, which a thread of its own calls, and then `end`; `real`
    is the descriptor for what the host is to read there.
    """

    def __init__(
        self, write: Callable[[bytes], None], end: Callable[[], None] | None = None
    ) -> None:
        if (
            sys.__stdout__ is None
        ):  # Python found descriptor 1 closed; a later file may have taken the number
            raise OSError("stdout is closed: a plugin needs it for its handshake line")
        self.real = os.dup(
            1
        )  # not inheritable: a child must not hold the host's pipe open
        reading, writing = os.pipe()
        os.dup2(writing, 1)
        os.close(writing)
        self._thread = threading.Thread(
            target=_drain,
            args=(reading, write, end),
            name="stdout-capture",
            daemon=True,
        )
        self._thread.start()
        send_lines_at_once()

    def write_real(self, line: bytes) -> None:
        """Write to the stdout the process was started with; raises OSError if nobody reads it any
        more.
        """
        while line:
            line = line[os.write(self.real, line) :]

    def finish(self, seconds: float) -> None:
        """Flush what Python holds back and end the pipe, so that all of it has been written; later
        prints are lost.

        Waits at most `seconds`: a child process that outlives the plugin keeps the pipe open.
        """
        with contextlib.suppress(
            OSError, ValueError
        ):  # replaced or closed by user code
            sys.stdout.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        self._thread.join(seconds)


def _drain(
    reading: int, write: Callable[[bytes], None], end: Callable[[], None] | None
) -> None:
    """Move bytes from the pipe to `write` until every writer is gone."""
    try:
        while data := os.read(reading, READ_BYTES):
            write(data)
    finally:
        os.close(reading)
        if end is not None:
            end()


def send_lines_at_once() -> None:
    """Make `print` deliver each line (Python holds 8 KiB back on a pipe), and never fail over a
    character.

    What was printed before the capture and is still held back goes to the pipe as well.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
        with contextlib.suppress(
            OSError
        ):  # a former file, which Python tries to seek in
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
