"""Where do log records go, and which?

In: the environment variables that may name the level. Out: the root logger writes hclog's JSON to
stderr, which the host parses and logs at the right level, and so do warnings and uncaught
exceptions.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence

from ...process.line_writer import LineWriter
from ...process.stderr_log import duplicate_stderr, stderr_log
from .hclog import encode, encode_plainly, safe_text

TRACE = 5  # a level below DEBUG, which hclog has and Python has not
FLUSH_SECONDS = 0.3

LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "off": logging.CRITICAL + 1,
}

_log = logging.getLogger("plugwright.goplugin")


class HclogHandler(logging.Handler):
    """Writes each record to a descriptor (default: a duplicate of stderr) as one JSON line.

    Keys: `@level`, `@message`, `@module` (the logger), `@timestamp`, then the record's extra
    fields, `exception` and `stack`. It never raises, whatever a record holds, and never waits for
    who reads: records that find no room are dropped, and their number is logged.
    """

    def __init__(
        self,
        descriptor: int | None = None,
        level: int = logging.NOTSET,
        *,
        writer: LineWriter | None = None,
    ) -> None:
        super().__init__(level)
        if writer is None:
            number = duplicate_stderr() if descriptor is None else descriptor
            writer = LineWriter(number, missing_records)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = encode(record)
        except Exception:  # a record that defeats every precaution must not take the plugin down
            line = encode_plainly(record)
        self._writer.write(line)

    def flush(self) -> None:
        """Wait until the records are written, for a bounded time."""
        self._writer.flush(FLUSH_SECONDS)

    def close(self) -> None:
        self._writer.close(FLUSH_SECONDS)
        super().close()


def missing_records(number: int) -> bytes:
    """The record that stands for those nobody read in time."""
    text = f"{number} lines of the log are missing: nobody read it"
    return encode(
        logging.makeLogRecord({"name": _log.name, "levelno": logging.WARNING, "msg": text})
    )


def level_from(environ: Mapping[str, str], variables: Sequence[str]) -> tuple[int, str | None]:
    """The level of the first variable that is set (default info) and, if its value is unknown, a
    text that says so.
    """
    for name in variables:
        value = environ.get(name, "").strip().lower()
        if value in LEVELS:
            return LEVELS[value], None
        if value:
            return (
                logging.INFO,
                f"{name}={value!r} is no log level (use {', '.join(LEVELS)}); using info",
            )
    return logging.INFO, None


def configure_logging(
    variables: Sequence[str], environ: Mapping[str, str], *, for_humans: bool = False
) -> None:
    """Send the root logger, warnings and uncaught exceptions to the host; a second call changes
    nothing.

    `for_humans` writes plain text instead, for a terminal.
    """
    root = logging.getLogger()
    if any(isinstance(handler, HclogHandler) for handler in root.handlers):
        return
    logging.addLevelName(TRACE, "TRACE")
    if for_humans:
        logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    else:
        root.addHandler(HclogHandler(writer=stderr_log(missing_records).writer))
        catch_exceptions()
    logging.captureWarnings(True)
    level, complaint = level_from(environ, variables)
    root.setLevel(level)
    if (
        level == logging.DEBUG
    ):  # the debug records of these drown the application's; trace shows them
        for name in ("asyncio", "grpc"):
            logging.getLogger(name).setLevel(logging.INFO)
    if complaint:
        _log.warning("%s", complaint)


def catch_exceptions() -> None:
    """Log what Python would print as a plain traceback, which hosts show line by line at debug."""

    def uncaught(_: object, error: BaseException, __: object) -> None:
        _log.critical("uncaught exception", exc_info=error)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            name = args.thread.name if args.thread else "unknown"
            _log.error("uncaught exception in thread %s", name, exc_info=args.exc_value)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        what = f"{args.err_msg or 'exception ignored in'}: {safe_text(args.object)}"
        _log.error("%s", what, exc_info=args.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
