"""How does a log look to a host that reads it line by line from stdout?

Each record is one line, and its first word is the level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
There is no time, the host has its own. Line breaks and other control characters of a text are
escaped, a traceback stands in the line of its record. What the program prints becomes records too.
"""

from __future__ import annotations

import json
import logging
import re

from ..failure_log import exception_text
from ..process.diversion import Diversion, Lines, divert_stdout, put_stdin_aside, send_lines_at_once
from ..process.line_writer import LineWriter
from ..process.stderr_log import stderr_log
from .goplugin.hclog import cut, message_of
from .goplugin.logs import FLUSH_SECONDS, TRACE, catch_exceptions

MAX_TEXT = 16_000  # characters of a record; longer ones lose their middle
OWN = ("root", "plugin")  # loggers that a line need not name

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class LevelHandler(logging.Handler):
    """Writes each record as one line to `writer`; as JSON (`level`, `message`, `logger`) if asked
    for. Never raises, and never waits for who reads.
    """

    def __init__(self, writer: LineWriter, as_json: bool) -> None:
        super().__init__()
        self._writer = writer
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = json_line(record) if self._as_json else level_line(record)
        except Exception as error:  # whatever a record holds
            line = f"ERROR a log record could not be written: {type(error).__name__}"
        self._writer.write(line.encode("utf-8", "replace") + b"\n")

    def flush(self) -> None:
        """Wait until the records are written, for a bounded time."""
        self._writer.flush(FLUSH_SECONDS)

    def close(self) -> None:
        self._writer.close(FLUSH_SECONDS)
        super().close()


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


class PrintedLines(Lines):
    """What the program prints, as INFO records of the logger `stdout`, one for each line."""

    def __init__(self) -> None:
        super().__init__(self._record)
        self._log = logging.getLogger("stdout")

    def _record(self, line: bytes) -> None:
        if text := line.decode("utf-8", "backslashreplace").strip():
            self._log.info("%s", text)


def missing_as_text(number: int) -> bytes:
    """The line that stands for those nobody read in time."""
    return f"WARNING {number} lines of the log are missing: nobody read it\n".encode()


def missing_as_json(number: int) -> bytes:
    """The same as a JSON object."""
    record = logging.makeLogRecord({"msg": missing_as_text(number)[8:-1].decode()})
    record.levelno, record.name = logging.WARNING, "plugwright.launch"
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
    logging.addLevelName(TRACE, "TRACE")
    # A handler of the application's that prints would be given what it printed.
    prints = logging.getLogger("stdout")
    prints.propagate = False
    prints.addHandler(handler)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in ("asyncio", "grpc"):  # their debug records drown the application's
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    catch_exceptions()
    send_lines_at_once()
    return diversion
