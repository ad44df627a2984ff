"""When does the process stop, and what if it does not?

A `Guardian` turns what ends a plugin (the host's Shutdown, SIGTERM, the death of the host) into one
event on the loop, and ends the process by force when the grace is over, so that no handler can keep
it alive. Its work is done in a thread of its own, which goes on while user code blocks the loop.
Socket files are removed on every way out. Made by the launch styles; `serving` awaits `stopping`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..loops import stall
from . import children, line_writer, patient_logging

POLL_SECONDS = 0.25  # how often the thread looks for the host and at the clock
ORPHAN_GRACE = 1.0  # seconds for a graceful stop when the host is gone
SAME_SECONDS = 0.5  # in which several signals are one: terminals and hosts send two
LAST_WORDS_SECONDS = 0.3
FORCED_EXIT = 1
SECOND_SIGTERM_EXIT = 128 + signal.SIGTERM
PR_SET_PDEATHSIG = 1  # of prctl(2)
CREDENTIALS = struct.Struct("iII")  # of unix(7): the sender's process, user and group

_log = logging.getLogger("plugwright.process")


class Guardian:
    """Watches over one plugin process; create it in the thread of the running loop.

    `grace`: seconds from the request to stop until the process is ended by force. `host_pid`: the
    process whose death ends this one; None in reattach mode. `interrupts`: whether Ctrl-C stops the
    plugin, which is usual without a host.
    `clean_up`: called from any thread before a forced exit; it must not block.
    """

    def __init__(
        self,
        grace: float,
        host_pid: int | None,
        clean_up: Callable[[], None],
        *,
        interrupts: bool | None = None,
    ) -> None:
        self.stopping = asyncio.Event()
        self.exit_code = FORCED_EXIT  # of a forced exit
        self._grace = grace
        self._host_pid = host_pid
        self._clean_up = clean_up
        self._interrupts = host_pid is None if interrupts is None else interrupts
        self._loop = asyncio.get_running_loop()
        self._stalls = stall.StallWatch(self._loop, "health checks and all other calls wait for it")
        self._deadline: float | None = None  # monotonic
        self._terminated: float | None = None  # when the first signal to stop came, monotonic
        self._closed = False
        self._handlers: dict[int, Any] = {}  # what was installed before ours
        self._inbox, self._outbox = signal_pipe()
        self._threads = [threading.get_ident()]  # that no log handler may hold up

    def start(self) -> None:
        """Install the signal handlers (in the main thread, elsewhere none) and start the thread."""
        if threading.current_thread() is threading.main_thread():
            self._handle_signals()
        self._stalls.start()
        patient_logging.keep_going(self._threads[0])
        threading.Thread(target=self._watch, name="plugin-guardian", daemon=True).start()

    def stop(self, reason: str, grace: float | None = None) -> None:
        """Ask for a graceful stop, from any thread; the first call counts."""
        if self._deadline is None:
            self._deadline = time.monotonic() + min(self._grace, grace or self._grace)
            _log.debug("stopping: %s", reason)
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self.stopping.set)

    def remaining(self) -> float:
        """Seconds until the forced exit."""
        return (
            self._grace if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)
        )

    def close(self) -> None:
        """Give the signals back and let the process live on."""
        self._closed = True
        self._stalls.stop()
        for number, former in self._handlers.items():
            signal.signal(number, former)
        if self._handlers:
            replace_wakeup(self._outbox.fileno(), -1)
            request_death_signal(0)
        for ident in self._threads:
            patient_logging.may_wait(ident)
        children.forget(self._forget_in_child)
        for end in (self._inbox, self._outbox):
            children.leave_to(end.fileno())
        self._outbox.close()

    def _handle_signals(self) -> None:
        numbers: list[int] = [signal.SIGTERM, signal.SIGINT]
        if self._host_pid is not None and (number := death_signal()):
            numbers.append(number)
        for number in numbers:
            self._handlers[number] = signal.signal(number, self._forward)
        replace_wakeup(-1, self._outbox.fileno())
        if self._host_pid is not None:
            request_death_signal(death_signal())
        children.tell(self._forget_in_child)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        """The signal handler. The interpreter itself sends the number to the thread, without
        waiting for this code to have its turn, unless an event loop has claimed that mechanism:
        then this sends it.
        """
        if not is_wakeup(self._outbox.fileno()):
            with contextlib.suppress(OSError):
                self._outbox.send(bytes((number,)))

    def _forget_in_child(self) -> None:
        """A forked child must not be deaf to SIGTERM."""
        replace_wakeup(self._outbox.fileno(), -1)
        for number in self._handlers:
            if signal.getsignal(number) == self._forward:
                signal.signal(number, signal.SIG_DFL)

    def _watch(self) -> None:
        """The thread: signals as they come, host and clock four times a second."""
        self._threads.append(threading.get_ident())
        patient_logging.keep_going(self._threads[-1])
        while not self._closed:
            try:
                arrived = receive_own(self._inbox)
            except TimeoutError:
                arrived = b""
            except OSError:
                return
            for number in arrived:
                self._on_signal(number)
            if not arrived:
                stall.tick(POLL_SECONDS)
            if self._host_pid is not None and os.getppid() != self._host_pid:
                self.stop("the host is gone", ORPHAN_GRACE)
            if (
                self._deadline is not None
                and time.monotonic() > self._deadline
                and not self._closed
            ):
                self._force_exit(self.exit_code, "the plugin did not stop in time")
        self._inbox.close()

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGTERM or (number == signal.SIGINT and self._interrupts):
            now = time.monotonic()
            if self._terminated is None:
                self._terminated = now
                self.stop(signal.Signals(number).name)
            elif now - self._terminated > SAME_SECONDS:
                self._force_exit(SECOND_SIGTERM_EXIT, "told twice to stop")

    def _force_exit(self, code: int, reason: str) -> None:
        """End now. Nobody may be reading the log any more, and a log handler may never return."""
        self._clean_up()
        _log.error("forced exit: %s", reason)
        patient_logging.flush(LAST_WORDS_SECONDS)
        line_writer.flush_all(LAST_WORDS_SECONDS)
        os._exit(code)


def signal_pipe() -> tuple[socket.socket, socket.socket]:
    """Both ends of what the numbers of arriving signals go through."""
    inbox, outbox = socket.socketpair()
    inbox.settimeout(POLL_SECONDS)
    outbox.setblocking(False)
    if hasattr(socket, "SO_PASSCRED"):
        inbox.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    for end in (inbox, outbox):
        children.keep_from(end.fileno())
    return inbox, outbox


def receive_own(inbox: socket.socket) -> bytes:
    """The signals that arrived in this process. A child has its end of the socket too until it has
    closed it or runs another program, and what arrives there is none of ours.
    """
    if not hasattr(socket, "SO_PASSCRED"):
        return inbox.recv(64)
    data, ancillary, _, _ = inbox.recvmsg(64, socket.CMSG_SPACE(CREDENTIALS.size))
    for level, kind, sender in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid, _, _ = CREDENTIALS.unpack(sender)
            return data if pid == os.getpid() else b""
    return data


def is_wakeup(descriptor: int) -> bool:
    """Whether the interpreter writes signal numbers to this descriptor (asking means setting and
    setting back).
    """
    current = signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    if current != descriptor:
        signal.set_wakeup_fd(current)
    return current == descriptor


def replace_wakeup(expected: int, descriptor: int) -> None:
    """Make the interpreter write signal numbers to `descriptor`, if they go to `expected` now."""
    current = signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    if current != expected:
        signal.set_wakeup_fd(current)


def death_signal() -> int:
    """The signal by which Linux reports a parent's end, 0 elsewhere.

    One that nobody else uses: it also comes when the thread that started us ends, which Go hosts do
    at will, so it only makes the thread look whether the host is there.
    """
    return int(signal.SIGRTMAX) - 2 if sys.platform == "linux" else 0


def request_death_signal(number: int) -> None:
    """Ask Linux for `number` when the parent ends; 0 takes that back. Not inherited by children."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
