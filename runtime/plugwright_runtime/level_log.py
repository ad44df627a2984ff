"""How does a log look to a host that reads it line by line from stdout?

Each record is one line, and its first word is the level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
There is no time, the host has its own. Line breaks and other control characters of a text are
escaped, a traceback stands in the line of its record. What the program prints becomes records too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import threading

from .diversion import Diversion
from .failure_log import exception_text
from .goplugin.hclog import cut, message_of
from .goplugin.logs import TRACE, catch_exceptions, write_all

MAX_TEXT = 16_000  # characters of a record; longer ones lose their middle
MAX_LINE = 64 * 1024  # bytes without a line break that are waited for
OWN = ("root", "plugin")  # loggers that a line need not name

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class LevelHandler(logging.Handler):
    """Writes each record as one line to `diversion`'s real stdout; as JSON (`level`, `message`,
    `logger`) if asked for. Never raises.
    """

    def __init__(self, diversion: Diversion, as_json: bool) -> None:
        super().__init__()
        self._diversion = diversion
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = json_line(record) if self._as_json else level_line(record)
        except Exception as error:  # whatever a record holds
            line = f"ERROR a log record could not be written: {type(error).__name__}"
        with contextlib.suppress(OSError):  # nobody reads: nobody is left to tell
            write_all(self._diversion.real, line.encode("utf-8", "replace") + b"\n")


def level_line(record: logging.LogRecord) -> str:
    """`LEVEL [logger] text`, without control characters."""
    name = "" if record.name in OWN else f"[{record.name}] "
    return escaped(f"{level_word(record.levelno)} {name}{text_of(record)}")


def json_line(record: logging.LogRecord) -> str:
    """The same as a JSON object."""
    entry = {
        "level": level_word(record.levelno),
        "message": text_of(record),
        "logger": record.name,
    }
    return json.dumps(entry)


def level_word(number: int) -> str:
    """The word for any number of Python's."""
    for least in (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO):
        if number >= least:
            return logging.getLevelName(least)
    return "DEBUG"


def text_of(record: logging.LogRecord) -> str:
    """Message, traceback and stack of a record."""
    parts = [message_of(record)]
    if record.exc_info:
        parts.append(exception_text(record.exc_info))
    if record.stack_info:
        parts.append(str(record.stack_info))
    return cut("\n".join(part for part in parts if part), MAX_TEXT)


def escaped(text: str) -> str:
    """`text` on one line and without terminal codes: control characters as Python spells them."""
    return _CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


class PrintedLines:
    """What the program prints, as INFO records of the logger `stdout`, one for each line."""

    def __init__(self) -> None:
        self._log = logging.getLogger("stdout")
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
            self._record(line)

    def flush(self) -> None:
        """The last line, if it has no end."""
        with self._lock:
            held, self._held = self._held, b""
        self._record(held)

    def _record(self, line: bytes) -> None:
        if text := line.decode("utf-8", "backslashreplace").strip():
            self._log.info("%s", text)


def configure(*, debug: bool, as_json: bool) -> Diversion:
    """Make stdout the log: the root logger, warnings, uncaught exceptions, and what is printed.

    The diversion is to be finished before the process ends, so that no print is lost.
    """
    printed = PrintedLines()
    diversion = Diversion(printed.write, printed.flush)
    logging.addLevelName(TRACE, "TRACE")
    root = logging.getLogger()
    root.addHandler(LevelHandler(diversion, as_json))
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in ("asyncio", "grpc"):  # their debug records drown the application's
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    catch_exceptions()
    return diversion
