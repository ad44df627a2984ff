"""How is the process of a plugin started, watched and ended?

`spawn` starts it. A `Child` has two threads: one drains stdout and sees the end of the process, one
hands stderr to the log, so that neither a slow log nor a busy loop holds the plugin up. The process
is reaped at once when it ends, even while somebody else holds its pipes. Everything here may be
called from any thread. Made by `core`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from . import program
from .failures import Exit, ProgramError, exit_of
from .lines import MOST as MOST_FIRST_LINE
from .options import Options
from .plugin_log import PluginLog

CHUNK = 64 * 1024
LAST_WORDS_SECONDS = 0.2  # for what is still in the pipes when the process has ended
POLL_SECONDS = 0.05  # where the system does not tell of the end of a process


def spawn(
    command: Sequence[str], env: Mapping[str, str], options: Options, log: PluginLog
) -> Child:
    """Start the program; raises `ProgramError` or `ChecksumError`.

    Call it in a thread that lives as long as the plugin: a plugin that asks Linux to end it with
    its parent is ended with the thread that started it.
    """
    found = program.find(command, options.cwd, env.get("PATH"))
    program.check(found, options.sha256)
    leads = options.own_group and sys.platform != "win32"
    try:
        process = subprocess.Popen(
            [*command],
            executable=os.path.abspath(found),
            stdin=None if options.inherit_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(env),
            cwd=options.cwd or None,
            process_group=0 if leads else None,
        )
    except OSError as error:
        raise program.explained(error, found) from None
    except ValueError as error:  # of the environment
        raise ProgramError(f"{found} cannot be started: {error}") from None
    return Child(process, log, leads)


class Child:
    """A plugin's process. `first_line`: what it printed first, without the line break; None if its
    stdout ended before. `exited`: how it ended, as soon as it has.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: PluginLog, leads: bool) -> None:
        self.pid = process.pid
        self.first_line: Future[bytes | None] = Future()
        self.exited: Future[Exit] = Future()
        for future in (self.first_line, self.exited):
            future.set_running_or_notify_cancel()  # who waits for one may give up, alone
        self.stdout: Callable[[bytes], object] | None = None
        """What is given the output behind the first line; it must not block for long."""
        self._process = process
        self._log = log
        self._leads_group = leads
        self._forced = False
        self._signalling = threading.Lock()  # no signal for a process that has been reaped
        self._reaped = False
        self._begun = bytearray()
        self._log_ended = threading.Event()
        self._over, self._end_reading = os.pipe()  # closed when pipes are to be read no more
        self._threads = [
            threading.Thread(target=self._watch, name="plugin-stdout", daemon=True),
            threading.Thread(target=self._read_log, name="plugin-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def terminate(self) -> None:
        """Ask the process to stop, by signal."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process, and its group if it leads one, by force."""
        self._forced = self._forced or not self.exited.done()
        self._signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

    def follow(self, log: PluginLog) -> None:
        """Take stdout for a second stream of the log, from its first line."""
        self.stdout = log.feed
        self.first_line.add_done_callback(lambda line: log.feed((line.result() or b"") + b"\n"))

    def last_lines(self) -> tuple[str, ...]:
        return tuple(self._log.last)

    def join(self, timeout: float) -> None:
        """Wait for the threads, which end soon after the process."""
        for thread in self._threads:
            thread.join(timeout)

    def _signal(self, number: int) -> None:
        with self._signalling, contextlib.suppress(ProcessLookupError, PermissionError):
            if self._reaped:
                return
            self._process.send_signal(number)
            if self._leads_group and number != signal.SIGTERM:
                os.killpg(self.pid, number)

    def _watch(self) -> None:
        """The thread of stdout: to the end of the process, and what it has left in the pipe."""
        assert self._process.stdout is not None
        process, stdout = watched(self.pid), self._process.stdout.fileno()
        reading = True
        while not self._reaped:
            awaited = [*([stdout] if reading else []), *([process] if process is not None else [])]
            ready = readable(awaited, None if process is not None else POLL_SECONDS)
            reading = reading and (stdout not in ready or self._read(stdout))
            if process is None or process in ready:
                self._reap()
        if process is not None:
            os.close(process)
        deadline = time.monotonic() + LAST_WORDS_SECONDS
        while reading and (left := deadline - time.monotonic()) > 0 and readable([stdout], left):
            reading = self._read(stdout)
        if not self.first_line.done():
            self.first_line.set_result(None)
        self._log_ended.wait(max(deadline - time.monotonic(), 0))
        self._process.stdout.close()
        os.close(self._end_reading)
        status = self._process.returncode
        self.exited.set_result(exit_of(status, self._forced, self.last_lines()))

    def _read(self, stdout: int) -> bool:
        """Take what has come; whether there may be more."""
        data = os.read(stdout, CHUNK)
        if self.first_line.done():
            if self.stdout is not None and data:
                self.stdout(data)
            return bool(data)
        self._begun += data
        line, broken, rest = self._begun.partition(b"\n")
        if broken or len(line) > MOST_FIRST_LINE or not data:
            self.first_line.set_result(bytes(line[:MOST_FIRST_LINE]) if line or broken else None)
            self._begun.clear()
            if self.stdout is not None and rest:
                self.stdout(bytes(rest))
        return bool(data)

    def _reap(self) -> None:
        """Note the end of the process, if it has ended. Until it is reaped its number, which is
        that of its group, is nobody else's.
        """
        with self._signalling:
            if hasattr(os, "waitid"):
                with contextlib.suppress(ChildProcessError):  # somebody else has reaped it
                    how = os.WEXITED | os.WNOHANG | os.WNOWAIT
                    if os.waitid(os.P_PID, self.pid, how) is None:
                        return
            elif self._process.poll() is None:
                return
            if self._leads_group:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
            self._reaped = True

    def _read_log(self) -> None:
        """The thread of stderr: to its end, or until nobody shall read it any more."""
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            log = stderr.fileno()
            while ready := readable([log, self._over], None):
                data = os.read(log, CHUNK) if log in ready else b""
                if not data:
                    break
                self._log.feed(data)
            self._log.end()
        self._log_ended.set()
        os.close(self._over)


def watched(pid: int) -> int | None:
    """A descriptor that can be read once the process has ended; None if the system has none."""
    try:
        return os.pidfd_open(pid) if sys.platform == "linux" else None
    except OSError:
        return None


def readable(descriptors: Sequence[int], seconds: float | None) -> set[int]:
    """Which of them can be read without waiting; empty after so many seconds."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)}
