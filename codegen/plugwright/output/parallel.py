"""How are two parts of a computation done at once? In a forked child, where there is one.

The child inherits all the parent has, so nothing is sent to it; its result comes back through a
pipe. Where forking is impossible or the child fails, the parent does the second part itself, so
the result and every error are the same either way.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """The results of two functions that do not depend on each other."""
    if not hasattr(os, "fork") or _threads() > 1 or (os.cpu_count() or 1) < 2:
        return first(), second()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _in_child(second, writing)
    os.close(writing)
    try:
        result = first()
    finally:
        data = _all_of(reading)
        _, status = os.waitpid(child, 0)
    return result, pickle.loads(data) if status == 0 else second()


def _threads() -> int:
    """How many threads this process has: Python's, and those of libraries, which it does not know.

    A fork copies one only: what others hold locked would stay so for ever, and from 3.12 on Python
    warns of it. Where the system does not say, Python's count has to do.
    """
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def _in_child(function: Callable[[], object], writing: int) -> None:
    """Send the result and end, without any of the parent's clean-up."""
    code = 1
    try:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(function(), pipe, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)


def _all_of(reading: int) -> bytes:
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read()
