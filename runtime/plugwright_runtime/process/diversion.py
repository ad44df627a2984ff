"""How are the descriptors that a program prints to, 1 and 2, kept off the pipes of its host?

In: the descriptor, and what takes the bytes. Out: a `Diversion`: `print`, C code and child
processes all end there, and the real descriptor is for what the host is to read. It imports nothing
heavy: divert before user code is imported. Called by the launch styles for stdout and stdin, by
`stderr_log` for stderr.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
import threading
from collections.abc import Callable

from ..exceptions import LaunchError
from . import children

READ_BYTES = 64 * 1024  # a Linux pipe holds no more
MAX_LINE = 64 * 1024  # bytes without a line break that are waited for


class Diversion:
    """Descriptor `number` as a pipe into `write`, which a thread of its own calls, and then `end`;
    `real` is the descriptor for what the host is to read there.

    Nothing that holds the pipe holds the host's: not the programs that are started, which inherit
    descriptor `number` alone, nor forks.
    """

    def __init__(
        self,
        number: int,
        write: Callable[[bytes], None],
        end: Callable[[], None] | None = None,
    ) -> None:
        self._number = number
        self.real = os.dup(number)  # not inheritable
        children.keep_from(self.real)
        reading, writing = os.pipe()
        children.keep_from(reading)
        os.dup2(writing, number)
        os.close(writing)
        self._thread = threading.Thread(
            target=_drain,
            args=(reading, write, end),
            name="output-capture",
            daemon=True,
        )
        self._thread.start()

    def write_real(self, line: bytes) -> None:
        """Write to what the process was started with; raises OSError if nobody reads it."""
        while line:
            line = line[os.write(self.real, line) :]

    def finish(self, seconds: float) -> None:
        """Flush what Python holds back and end the pipe, so that all of it has been written; later
        prints are lost.

        Waits at most `seconds`: a child process that outlives the plugin keeps the pipe open.
        """
        flush_streams()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._number)
        os.close(nowhere)
        self._thread.join(seconds)


def divert_stdout(
    write: Callable[[bytes], None], end: Callable[[], None] | None = None
) -> Diversion:
    """Descriptor 1 into `write`; `send_lines_at_once` then sends what was printed before.

    Raises `LaunchError` if the process was started without a stdout.
    """
    check_stdout()
    return Diversion(1, write, end)


def fill_gaps() -> None:
    """Open nothing in the place of descriptors 0 to 2 that are closed, or the next pipe would get
    such a number, and with it what others print.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def check_stdout() -> None:
    """Raise `LaunchError` if the process was started without a stdout."""
    if sys.__stdout__ is None:  # a later file may have taken the number
        raise LaunchError("stdout is closed: the host reads there what a plugin tells it")


def is_pipe(number: int) -> bool:
    """Whether another process may wait for the end of this descriptor."""
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def unread_bytes(descriptor: int) -> int:
    """How much has been written to this pipe that nobody has read yet; 0 where nobody knows."""
    if not is_pipe(descriptor):
        return 0
    try:
        import fcntl
        import termios

        found = fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4))
    except (ImportError, OSError):
        return 0
    return int.from_bytes(found, sys.byteorder)


def _drain(reading: int, write: Callable[[bytes], None], end: Callable[[], None] | None) -> None:
    """Move bytes from the pipe to `write` until every writer is gone."""
    try:
        while data := os.read(reading, READ_BYTES):
            write(data)
    finally:
        children.leave_to(reading)
        os.close(reading)
        if end is not None:
            end()


class Lines:
    """Cuts bytes, from any thread, into the lines that `take` gets, with their line breaks."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._held = b""
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Bytes as they come."""
        with self._lock:
            *lines, self._held = (self._held + data).split(b"\n")
            if len(self._held) > MAX_LINE:
                lines.append(self._held)
                self._held = b""
        for line in lines:
            self._take(line + b"\n")

    def flush(self) -> None:
        """The last line, if it has no end."""
        with self._lock:
            held, self._held = self._held, b""
        if held:
            self._take(held)


def send_lines_at_once() -> None:
    """Make `print` deliver each line (Python holds 8 KiB back on a pipe), and never fail over a
    character.

    What was printed before the capture and is still held back goes to the pipe as well.
    """
    flush_streams()
    for stream in (sys.stdout, sys.__stdout__):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):  # a former file; one that is closed
                stream.reconfigure(line_buffering=True)
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def flush_streams() -> None:
    """Write what Python holds back of what was printed, whatever user code has put in the place of
    the streams.
    """
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        with contextlib.suppress(BaseException):
            getattr(sys, name).flush()


def mend_streams() -> None:
    """Put Python's own stream back where that of the program cannot be flushed: Python flushes both
    when it ends, and makes the exit code 120 if it cannot.
    """
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except BaseException:
            setattr(sys, name, getattr(sys, f"__{name}__", None))


def put_stdin_aside() -> int | None:
    """The descriptor of the host's stdin; in its place there is nothing to read, for children too.

    None if it is no pipe: a terminal is for a debugger.
    """
    if sys.__stdin__ is None or not is_pipe(0):
        return None
    real = os.dup(0)
    children.keep_from(real)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return real
