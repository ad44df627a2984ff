"""What does a host learn of a program that ends before it serves?

It sees a process that is gone without a handshake. `expect_serving` sees to it that one error in
the log says so, with what the program wrote last, whether it forgot to call `run_plugin`, raised or
exited; `serving_begins` ends that. Called by `preparation` and `process`.
"""

from __future__ import annotations

import atexit
import logging
import sys

from ...process import children
from ...process.stderr_log import StderrLog
from .output import Capture

DRAIN_SECONDS = 0.1
SHOWN_BYTES = 2000

_log = logging.getLogger("plugwright.styles")


class Unserved:
    """A program that has not begun to serve."""

    def __init__(self, capture: Capture, stderr: StderrLog) -> None:
        self._capture = capture
        self._stderr = stderr
        self._former = sys.excepthook
        sys.excepthook = self._uncaught
        atexit.register(self._report)
        children.tell(self.end)

    def end(self) -> None:
        """It serves, or it is another process."""
        if sys.excepthook == self._uncaught:
            sys.excepthook = self._former
        atexit.unregister(self._report)
        children.forget(self.end)

    def _uncaught(self, _: object, error: BaseException, __: object) -> None:
        self.end()
        text = "the plugin failed before it served: uncaught exception"
        _log.critical(text, exc_info=error, extra=self._written())

    def _report(self) -> None:
        self.end()
        text = "the program ended without calling run_plugin: nothing was served"
        _log.error(text, extra=self._written())

    def _written(self) -> dict[str, str]:
        """What the program wrote last, for there is no host yet that asks for it."""
        self._capture.diversion.finish(DRAIN_SECONDS)
        self._stderr.end_diversion(DRAIN_SECONDS)
        written = {
            "stdout": self._capture.buffer.tail(SHOWN_BYTES),
            "stderr": b"".join(self._stderr.recent)[-SHOWN_BYTES:],
        }
        return {
            key: data.decode("utf-8", "backslashreplace").strip()
            for key, data in written.items()
            if data.strip()
        }


_unserved: Unserved | None = None


def expect_serving(capture: Capture, stderr: StderrLog) -> None:
    """From now on the program is to call `run_plugin`."""
    global _unserved
    _unserved = Unserved(capture, stderr)


def serving_begins() -> None:
    """It has: what fails from now on is told by those who serve."""
    global _unserved
    if _unserved is not None:
        _unserved.end()
        _unserved = None
