"""Where do log records go, and which?

In: the environment variables that may name the level. Out: the root logger writes hclog's JSON to
stderr, which the host parses and logs at the right level, and so do warnings and uncaught
exceptions. Called by `preparation`, and by `process` for a person who attaches a debugger.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ...process.levels import level_from, name_trace, quiet_libraries
from ...process.line_handler import LineHandler
from ...process.line_writer import LineWriter
from ...process.records import missing_text
from ...process.stderr_log import duplicate_stderr, stderr_log
from ...process.uncaught import log_uncaught
from .hclog import encode, encode_plainly

_log = logging.getLogger("plugwright.styles")


class HclogHandler(LineHandler):
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
        if writer is None:
            number = duplicate_stderr() if descriptor is None else descriptor
            writer = LineWriter(number, missing_records)
        super().__init__(writer, encode, encode_plainly, level)


def missing_records(number: int) -> bytes:
    """The record that stands for those nobody read in time."""
    told = {"name": _log.name, "levelno": logging.WARNING, "msg": missing_text(number)}
    return encode(logging.makeLogRecord(told))


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
    name_trace()
    if for_humans:
        logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    else:
        root.addHandler(HclogHandler(writer=stderr_log(missing_records).writer))
        log_uncaught()
    logging.captureWarnings(True)
    level, complaint = level_from(environ, variables)
    root.setLevel(level)
    if level == logging.DEBUG:  # `TRACE` shows them
        quiet_libraries()
    if complaint:
        _log.warning("%s", complaint)
