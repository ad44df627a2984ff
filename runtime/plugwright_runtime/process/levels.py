"""Which records does a host want to see?

In: the environment, and the variables of a launch style that may name the level. Out: a level of
`logging`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

TRACE = 5  # a level below DEBUG, which hosts have and Python has not
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


def level_from(environ: Mapping[str, str], variables: Sequence[str]) -> tuple[int, str | None]:
    """The level of the first variable that is set (default info) and, if its value is unknown, a
    text that says so.
    """
    for name in variables:
        value = environ.get(name, "").strip().lower()
        if value in LEVELS:
            return LEVELS[value], None
        if value:
            known = ", ".join(LEVELS)
            return logging.INFO, f"{name}={value!r} is no log level (use {known}); using info"
    return logging.INFO, None


def name_trace() -> None:
    """Let records of level `TRACE` say so."""
    logging.addLevelName(TRACE, "TRACE")


def quiet_libraries() -> None:
    """Leave out the debug records of libraries, which drown the application's."""
    for name in ("asyncio", "grpc"):
        logging.getLogger(name).setLevel(logging.INFO)
