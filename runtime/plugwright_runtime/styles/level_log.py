"""How does a log look to a host that reads it line by line from stdout?

Each record is one line, and its first word is the level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
There is no time, the host has its own. Line breaks and other control characters of a text are
escaped, a traceback stands in the line of its record. What the program prints becomes records too.
Called by `socket_argument`.
"""

from __future__ import annotations

import json
import logging
import re

from ..process.diversion import Diversion, Lines, divert_stdout, put_stdin_aside, send_lines_at_once
from ..process.levels import name_trace, quiet_libraries
from ..process.line_handler import LineHandler
from ..process.line_writer import LineWriter
from ..process.records import missing_as_text, missing_text, record_text
from ..process.stderr_log import stderr_log
from ..process.uncaught import log_uncaught

OWN = ("root", "plugin")  # loggers that a line need not name

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class LevelHandler(LineHandler):
    """Writes each record as one line to `writer`; as JSON (`level`, `message`, `logger`) if asked
    for.
    """

    def __init__(self, writer: LineWriter, as_json: bool) -> None:
        text = json_line if as_json else level_line
        super().__init__(writer, lambda record: text(record).encode("utf-8", "replace") + b"\n")


def level_line(record: logging.LogRecord) -> str:
    """`LEVEL [logger] text`, without control characters."""
    name = "" if record.name in OWN else f"[{record.name}] "
    return escaped(f"{level_word(record.levelno)} {name}{record_text(record)}")


def json_line(record: logging.LogRecord) -> str:
    """The same as a JSON object."""
    entry = {
        "level": level_word(record.levelno),
        "message": record_text(record),
        "logger": record.name,
    }
    return json.dumps(entry)


def level_word(number: int) -> str:
    """The word for any number of Python's."""
    for least in (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO):
        if number >= least:
            return logging.getLevelName(least)
    return "DEBUG"


def escaped(text: str) -> str:
    """`text` on one line and without terminal codes: control characters as Python spells them."""
    return _CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


class PrintedLines(Lines):
    """What the program prints, as INFO records of the logger `stdout`, one for each line."""

    def __init__(self) -> None:
        super().__init__(self._record)
        self._log = logging.getLogger("stdout")

    def _record(self, line: bytes) -> None:
        if text := line.decode("utf-8", "backslashreplace").strip():
            self._log.info("%s", text)


def missing_as_json(number: int) -> bytes:
    """The same as a JSON object."""
    record = logging.makeLogRecord({"msg": missing_text(number)})
    record.levelno, record.name = logging.WARNING, "plugwright.styles"
    return json_line(record).encode() + b"\n"


def configure(*, debug: bool, as_json: bool) -> Diversion:
    """Make stdout the log: the root logger, warnings, uncaught exceptions, and what is printed.

    The diversion is to be finished before the process ends, so that no print is lost.
    """
    missing = missing_as_json if as_json else missing_as_text
    put_stdin_aside()
    stderr_log(missing)
    printed = PrintedLines()
    diversion = divert_stdout(printed.write, printed.flush)
    handler = LevelHandler(LineWriter(diversion.real, missing, hosts=True), as_json)
    name_trace()
    # A handler of the application's that prints would be given what it printed.
    prints = logging.getLogger("stdout")
    prints.propagate = False
    prints.addHandler(handler)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    quiet_libraries()
    logging.captureWarnings(True)
    log_uncaught()
    send_lines_at_once()
    return diversion
