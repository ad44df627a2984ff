"""What does a log record say, whatever its arguments are?

In: a `logging.LogRecord`, or anything a record holds. Out: text; nothing here raises. Called by the
launch styles, each of which writes it the way its hosts read logs.
"""

from __future__ import annotations

import logging

from ..failure_log import exception_text

MAX_TEXT = 16_000  # characters; longer texts lose their middle


def record_text(record: logging.LogRecord) -> str:
    """Message, traceback and stack of a record."""
    parts = [message_of(record)]
    if record.exc_info:
        parts.append(exception_text(record.exc_info))
    if record.stack_info:
        parts.append(str(record.stack_info))
    return cut("\n".join(part for part in parts if part), MAX_TEXT)


def message_of(record: logging.LogRecord) -> str:
    """The formatted message; if its arguments do not fit, the pieces, since a wrong log call should
    still be read.
    """
    try:
        return str(record.getMessage())
    except Exception:
        pieces = f"{safe_text(record.msg)} {safe_text(record.args)}"
        return f"{pieces} (the arguments do not fit the message)"


def safe_text(value: object) -> str:
    """`str` of anything, even of objects whose `str` and `repr` raise."""
    for convert in (str, repr):
        try:
            return convert(value)
        except Exception:
            continue
    return f"<{type(value).__name__} object without a text>"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: the beginning and the end, where messages and tracebacks say
    most.
    """
    if len(text) <= limit:
        return text
    note = f" ...[{len(text) - limit} characters cut]... "
    keep = limit - len(note)
    if keep <= 0:
        return text[:limit]
    return text[: keep - keep // 2] + note + text[len(text) - keep // 2 :]


def missing_as_text(number: int) -> bytes:
    """The line that stands for those nobody read in time."""
    return f"WARNING {missing_text(number)}\n".encode()


def missing_text(number: int) -> str:
    return f"{number} lines of the log are missing: nobody read it"
