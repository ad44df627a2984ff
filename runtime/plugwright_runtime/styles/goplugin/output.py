"""Where does what a program prints go, once stdout belongs to the handshake?

`capture_stdout()` moves descriptor 1 to a pipe, so that `print`, C code and child processes all end
in an `OutputBuffer`, and keeps the real stdout for the handshake line. It imports nothing heavy:
call it before user code is imported. In: descriptor 1. Out: a `Capture` with the buffer that the
GRPCStdio service reads. Called by `preparation`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ...process.diversion import Diversion, divert_stdout, send_lines_at_once

BUFFER_BYTES = (
    4 * 1024 * 1024
)  # what waits for a host that does not read; more pushes out the oldest


class OutputBuffer:
    """A bounded queue of bytes from any thread to one reader; writing never waits.

    A host that never asks for the output, or asks and stops reading, costs `limit` bytes and loses
    the oldest output, which a notice in its place says. One `bytearray`, since single-character
    writes as separate objects would cost forty times their size.
    """

    def __init__(self, limit: int = BUFFER_BYTES) -> None:
        self._limit = limit
        self._data = bytearray()
        self._start = 0  # position of _data[0] in everything ever written
        self._dropped = 0
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None

    def write(self, data: bytes) -> None:
        """Append; wakes the reader."""
        with self._lock:
            self._data += data
            excess = len(self._data) - self._limit
            if excess > 0:
                self._cut(excess)
                self._dropped += excess
            wake = self._wake
        if wake is not None:
            wake()

    def on_write(self, wake: Callable[[], None] | None) -> None:
        """Call `wake` (from the writer's thread, it must not raise) after each write; None ends
        that.
        """
        with self._lock:
            self._wake = wake

    def peek(self, size: int) -> tuple[int, bytes]:
        """Up to `size` bytes from the front and the position after them, to `discard` once they are
        delivered.
        """
        with self._lock:
            if self._dropped:
                notice = f"[{self._dropped} bytes of output dropped: the host did not read them]\n"
                self._dropped = 0
                self._data[:0] = notice.encode()
                self._start -= len(notice)
            data = bytes(self._data[:size])
            return self._start + len(data), data

    def tail(self, size: int) -> bytes:
        """The last `size` bytes of what was written and not read."""
        with self._lock:
            return bytes(self._data[-size:])

    def discard(self, position: int) -> None:
        """Forget everything before `position`."""
        with self._lock:
            self._cut(min(max(position - self._start, 0), len(self._data)))

    def _cut(self, count: int) -> None:
        del self._data[:count]
        self._start += count


@dataclass(frozen=True, slots=True)
class Capture:
    """Descriptor 1 as a pipe into `buffer`, for the host to ask for."""

    buffer: OutputBuffer
    diversion: Diversion


_captured: Capture | None = None


def capture_stdout() -> Capture:
    """Capture descriptor 1 once per process; later calls return the first capture."""
    global _captured
    if _captured is None:
        buffer = OutputBuffer()
        _captured = Capture(buffer, divert_stdout(buffer.write))
        send_lines_at_once()
    return _captured
