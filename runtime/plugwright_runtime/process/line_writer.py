"""How are lines written for a host that may have stopped reading, without ever waiting for it?

In: lines of bytes, from any thread, and the descriptor they are for. A line is written at once
while there is room in the pipe. What finds no room waits, up to `QUEUE_BYTES`; then the oldest
lines give way, and a notice says how many they were once somebody reads again. Written to by the
`LineHandler` of the root logger, and by `stderr_log`.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from . import children

QUEUE_BYTES = 1024 * 1024
LOOK_MILLISECONDS = 250  # between looks whether there is room; who waits is told at once
PIPE_BUF = getattr(select, "PIPE_BUF", 512)  # bytes for which a pipe has room if it has any

Push = Callable[[bytes], int]


class LineWriter:
    """Writes to `descriptor`, which it owns. `notice`: the line that says how many are missing.

    In a forked child lines go to descriptor 2 straight away, if `hosts` says that `descriptor` is
    the host's: a child keeps nothing of the host's open.
    """

    def __init__(
        self,
        descriptor: int,
        notice: Callable[[int], bytes],
        *,
        hosts: bool = False,
        limit: int = QUEUE_BYTES,
    ) -> None:
        self._descriptor = descriptor
        self._push = pusher(descriptor)
        self._notice = notice
        self._hosts = hosts
        self._limit = limit
        self._forget()
        _writers.append(self)
        children.tell(self._in_child)
        if hosts:
            children.keep_from(descriptor)

    def _forget(self) -> None:
        """Begin anew, with nothing to write."""
        self._lines: deque[bytes] = deque()
        self._rest = b""  # of the line that is being written
        self._size = 0  # of the lines
        self._missing = 0  # lines that gave way since the last notice
        self._advancing = False
        self._closed = False
        self._thread: threading.Thread | None = None
        # A signal handler may log while its own thread is here.
        self._changed = threading.Condition(threading.RLock())

    def write(self, line: bytes) -> None:
        """Write `line`, with its line break, now or when there is room; never waits."""
        with self._changed:
            self._lines.append(line)
            self._size += len(line)
            while self._size > self._limit and len(self._lines) > 1:
                self._size -= len(self._lines.popleft())
                self._missing += 1
            self._advance()
            if self._rest and not self._closed:
                self._start_waiting()

    def flush(self, seconds: float) -> bool:
        """Wait at most `seconds` until all is written; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._rest or self._lines), seconds)

    def close(self, seconds: float) -> None:
        """The end of the process: `flush`; later lines are written at once or not at all."""
        self.flush(seconds)
        self._closed = True
        children.forget(self._in_child)
        with contextlib.suppress(ValueError):
            _writers.remove(self)

    def _advance(self) -> None:
        """With the lock: write as much as there is room for."""
        if self._advancing:  # in a signal handler: who was interrupted goes on
            return
        self._advancing = True
        try:
            while self._rest or self._next():
                self._rest = self._rest[self._push(self._rest) :]
        except BlockingIOError:
            return
        except OSError:  # nobody is left to tell
            self._rest = b""
            self._lines.clear()
            self._size = 0
        finally:
            self._advancing = False
        self._changed.notify_all()

    def _next(self) -> bool:
        """With the lock: whether there is another line, which is then `_rest`."""
        if self._missing:
            self._rest = self._notice(self._missing)
            self._missing = 0
        elif self._lines:
            self._rest = self._lines.popleft()
            self._size -= len(self._rest)
        return bool(self._rest)

    def _start_waiting(self) -> None:
        """With the lock: have a thread wait for room."""
        if self._thread is None:
            thread = threading.Thread(target=self._wait, name="log-writer", daemon=True)
            with contextlib.suppress(RuntimeError):  # none can start: the next line tries again
                thread.start()
                self._thread = thread
        else:
            self._changed.notify_all()

    def _wait(self) -> None:
        """The thread."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._rest))
            has_room(self._descriptor, LOOK_MILLISECONDS)
            with self._changed:
                self._advance()

    def _in_child(self) -> None:
        self._forget()
        if self._hosts:
            self._descriptor = 2
        self._push = partial(os.write, self._descriptor)


_writers: list[LineWriter] = []


def flush_all(seconds: float) -> None:
    """Flush every writer of the process, within `seconds` for all of them."""
    deadline = time.monotonic() + seconds
    for writer in tuple(_writers):
        writer.flush(max(deadline - time.monotonic(), 0.0))


def pusher(descriptor: int) -> Push:
    """How bytes are written to `descriptor` without waiting: raises BlockingIOError instead.

    The flag that makes a descriptor do so belongs to everybody who has the pipe, so it stays as it
    is: a pipe is opened once more, sockets are asked each time. Where neither works it is asked for
    room first, which is as good unless others write to it at the same moment.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or not os.get_blocking(descriptor):
        return lambda data: os.write(descriptor, data)
    if stat.S_ISSOCK(mode):
        import socket

        return_at_once = socket.MSG_DONTWAIT
        mine = socket.socket(fileno=os.dup(descriptor))
        return lambda data: mine.send(data, return_at_once)
    if stat.S_ISFIFO(mode):
        with contextlib.suppress(OSError):  # no /proc, or the pipe of another user
            again = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
            children.keep_from(again)
            return lambda data: os.write(again, data)

    def ask_first(data: bytes) -> int:
        if not has_room(descriptor, 0):
            raise BlockingIOError
        return os.write(descriptor, data[:PIPE_BUF])

    return ask_first


def has_room(descriptor: int, milliseconds: int) -> bool:
    """Whether a write would not wait, or fail at once; waits at most so long for it."""
    if not hasattr(select, "poll"):  # Windows, whose pipes cannot be asked
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(milliseconds))
