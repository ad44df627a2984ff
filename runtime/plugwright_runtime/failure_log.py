"""How is an exception told to the log, whatever the application has made of it?

Exceptions are graphs that users make: chains may be cycles, groups may share members, and every
method of theirs may raise or exit. What reads them here ends soon and raises nothing.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from itertools import islice
from typing import Any

FAILED_BADLY = "the handler failed in a way that cannot be told"
"""For a host, where the exception's own text could not be had."""

MOST = 200
"""Exceptions, and notes, that are shown of one: the library's traceback follows each path to the
member of a group, of which there may be more than any time is enough for."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """`error`, what it came of, and so on: each once, at most `MOST`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(seen) < MOST:
        seen.add(id(error))
        yield error
        # Not `or`: the class may say what is true of it.
        cause = error.__cause__
        error = error.__context__ if cause is None else cause


def exception_text(info: Any) -> str:
    """The traceback of an `exc_info` triple as one text, "" if there is none."""
    try:
        kind, error, trace = info
        if error is None:
            return ""
        if _is_small(error):
            lines = traceback.format_exception(kind, error, trace)
            return "".join(lines).rstrip("\n")
        return _alone(kind, error, trace, "it came of more than can be shown")
    except BaseException as failure:
        return _certainly(info, failure)


def _certainly(info: Any, failure: BaseException) -> str:
    why = f"no whole traceback: {_name(type(failure))}"
    try:
        kind, error, trace = info
        return _alone(kind, error, trace, why)
    except BaseException:
        return f"{_name(type(info))} ({why})"


def _is_small(error: BaseException) -> bool:
    """Whether `traceback` is done with `error` soon: counts the steps that it takes."""
    seen: set[int] = set()
    left = [error]
    for _ in range(MOST):
        if not left:
            return True
        found = left.pop()
        seen.add(id(found))
        chained = (found.__cause__, found.__context__)
        left += [e for e in chained if e is not None and id(e) not in seen]
        if isinstance(found, BaseExceptionGroup):
            left += islice(found.exceptions, MOST)
        notes = getattr(found, "__notes__", None)
        if notes is not None and not (type(notes) is list and len(notes) <= MOST):
            return False
    return False


def _alone(kind: Any, error: object, trace: Any, why: str) -> str:
    """The exception and where it was raised, without those it came of."""
    where = "".join(traceback.format_tb(trace))
    return f"{where}{_name(kind)}: {_text(error)} ({why})"


def _text(value: object) -> str:
    try:
        return str(value)
    except BaseException:
        return "(an exception without a text)"


def _name(kind: type) -> str:
    """The name of a class, which its metaclass may hide."""
    return str(type.__dict__["__name__"].__get__(kind))


def report(
    log: logging.Logger,
    error: BaseException | None,
    message: str,
    *args: object,
    level: int = logging.ERROR,
) -> None:
    """One record of `message % args` with the traceback of `error`.

    Never raises: a log that fails must not keep a host from its answer. It gets the text alone.
    """
    try:
        if not log.isEnabledFor(level):
            return
        # Not `exc_info=error`: logging asks for the truth of it.
        info = None if error is None else (type(error), error, error.__traceback__)
        record = log.makeRecord(log.name, level, *_caller(), message, args, info)
        # For formatters of the library, which would walk all of it.
        record.exc_text = exception_text(info) if info else None
        log.handle(record)
    except BaseException as failure:
        _report_plainly(log, level, (message, args), failure)


def _caller() -> tuple[str, int]:
    code = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    return code.f_code.co_filename, code.f_lineno


def _report_plainly(
    log: logging.Logger,
    level: int,
    told: tuple[str, tuple[object, ...]],
    failure: BaseException,
) -> None:
    try:
        text = told[0] % told[1]
        why = _name(type(failure))
        log.log(level, "%s (its record could not be written: %s)", text, why)
    except BaseException:
        return  # the log is broken: there is nobody to tell
