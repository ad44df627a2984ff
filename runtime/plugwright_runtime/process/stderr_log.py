"""How does a log reach the stderr that a host reads, and nothing of the host's reach a child?

`stderr_log` has the writer for the lines of the log. If stderr is a pipe of the host's,
descriptor 2 becomes a pipe of our own: what anybody writes there, child processes too, comes into
the log as it is, line by line. Nobody who writes waits for the host. Called by the launch styles.
Imports nothing heavy.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import sys
from collections import deque
from collections.abc import Callable

from . import children, patient_logging
from .diversion import Diversion, Lines, fill_gaps, is_pipe
from .line_writer import LineWriter

EXIT_SECONDS = 0.5  # for what waits to be written when the process ends
KEPT_LINES = 20

Notice = Callable[[int], bytes]


class StderrLog:
    """The stderr that the process was started with. `recent`: the latest lines that came by
    descriptor 2.
    """

    def __init__(self, notice: Notice) -> None:
        self.recent: deque[bytes] = deque(maxlen=KEPT_LINES)
        self._lines = Lines(self._take)
        self._diversion: Diversion | None = None
        if sys.__stderr__ is not None and is_pipe(2):
            self._diversion = Diversion(2, self._lines.write, self._lines.flush)
            self.writer = LineWriter(self._diversion.real, notice, hosts=True)
            # Whoever crashes has no thread left that reads our pipe.
            faulthandler.enable(self._diversion.real)
            children.tell(_trace_crashes_of_child)
        else:
            self.writer = LineWriter(duplicate_stderr(), notice)
        atexit.register(self.finish)
        children.tell(lambda: atexit.unregister(self.finish))

    def _take(self, line: bytes) -> None:
        self.recent.append(line)
        self.writer.write(line if line.endswith(b"\n") else line + b"\n")

    def end_diversion(self, seconds: float) -> None:
        """Take what is on its way by descriptor 2, within `seconds`; what comes later is lost."""
        if self._diversion is not None:
            self._diversion.finish(seconds)
            self._lines.flush()

    def finish(self) -> None:
        """Bring to the host what is on its way; descriptor 2 is the host's again if it reads."""
        patient_logging.finish(EXIT_SECONDS)
        self.end_diversion(EXIT_SECONDS / 5)
        if self.writer.flush(EXIT_SECONDS) and self._diversion is not None:
            with contextlib.suppress(OSError):
                os.dup2(self._diversion.real, 2)


_log: StderrLog | None = None


def stderr_log(notice: Notice) -> StderrLog:
    """That of the process; the first call makes it, and says how missing lines are told."""
    global _log
    if _log is None:
        fill_gaps()
        _log = StderrLog(notice)
    return _log


def duplicate_stderr() -> int:
    """A descriptor that stays the log whatever becomes of stderr; of nothing if the process was
    started without one: a later file may have taken the number.
    """
    if sys.__stderr__ is not None:
        with contextlib.suppress(OSError):
            return os.dup(2)
    return os.open(os.devnull, os.O_WRONLY)


def _trace_crashes_of_child() -> None:
    faulthandler.enable(2)
