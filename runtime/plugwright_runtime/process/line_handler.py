"""How does a record come into a log that a host reads line by line?

`LineHandler` is what the launch styles add to the root logger; each says what the line of a record
is. It never raises, whatever a record holds, and never waits for who reads (`line_writer`).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from .line_writer import LineWriter

FLUSH_SECONDS = 0.3

Line = Callable[[logging.LogRecord], bytes]


def plain_line(record: logging.LogRecord) -> bytes:
    """What is certain to work for a record of which no line could be made; called in the
    `except`.
    """
    kind = sys.exc_info()[0] or type(record)
    return f"ERROR a log record could not be written: {kind.__name__}\n".encode()


class LineHandler(logging.Handler):
    """Writes each record to `writer`, which it owns. `line`: a record with its line break, may
    raise; `plain`: the same where it has.
    """

    def __init__(
        self, writer: LineWriter, line: Line, plain: Line = plain_line, level: int = logging.NOTSET
    ) -> None:
        super().__init__(level)
        self._writer = writer
        self._line = line
        self._plain = plain

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self._line(record)
        except Exception:  # whatever a record holds must not take the plugin down
            line = self._plain(record)
        self._writer.write(line)

    def flush(self) -> None:
        """Wait until the records are written, for a bounded time."""
        self._writer.flush(FLUSH_SECONDS)

    def close(self) -> None:
        self._writer.close(FLUSH_SECONDS)
        super().close()
