"""Can this process print? Standard streams may be closed, or full, and names in any script."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TextIO


def prepare() -> None:
    """Have all three standard streams, and print any script in any locale.

    Where one is closed, the next file that is opened would get its number, and what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush(data: bytes = b"") -> OSError | None:
    """Write `data` and what is printed; the error if that fails, and nothing is tried again."""
    try:
        if data:
            sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except OSError as error:
        _abandon(sys.stdout)  # not at the end either
        return error
    return None


def abandon() -> None:
    """Have what is still printed go nowhere."""
    for stream in (sys.stdout, sys.stderr):
        _abandon(stream)


def _abandon(stream: TextIO) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
