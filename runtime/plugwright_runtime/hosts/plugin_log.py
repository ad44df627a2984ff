"""Where does a plugin's log go? Into `logging`, as the logger `plugin.<name>`; its last lines are
kept, for the exception that tells how it ended.
"""

from __future__ import annotations

import logging
from collections import deque

from .lines import Lines
from .log_lines import Entry, LogLines

LAST_LINES = 20
MOST_SHOWN = 1000  # characters of a line in an exception


class PluginLog:
    """One stream of a plugin's log; fed in one thread. `words`: as of `LogLines`."""

    def __init__(self, name: str, words: bool = False) -> None:
        self._log = logging.getLogger(name)
        self._lines = Lines()
        self._reader = LogLines(words)
        self.last: deque[str] = deque(maxlen=LAST_LINES)

    def feed(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._take(line)

    def end(self) -> None:
        if self._lines.unfinished:
            self._take(self._lines.end())

    def _take(self, line: bytes) -> None:
        entry = self._reader.read(line)
        if entry.text:
            self.last.append(entry.text[:MOST_SHOWN])
        emit(self._log, entry)


def emit(log: logging.Logger, entry: Entry) -> None:
    """Hand on an entry as a record; its fields are the record's `plugin_fields`."""
    if not log.isEnabledFor(entry.level):
        return
    extra = {"plugin_fields": entry.fields}
    record = log.makeRecord(log.name, entry.level, "(plugin)", 0, entry.text, (), None, None, extra)
    if entry.created is not None:
        record.created = entry.created
    log.handle(record)
