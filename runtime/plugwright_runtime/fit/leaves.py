"""Does a single value fit a class? The checks at the ends of what `fitting` puts together.

In: a value and its place. Out: the value, or `Misfit`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias, get_args

from ..exceptions import PlugwrightError
from ..message.nanotime import NanoDatetime, nano_datetime

Fit: TypeAlias = Callable[[Any, str], Any]

_MODULES = re.compile(r"(?<!['\w])(?:[\w<>]+\.)+(?=[A-Za-z_])")  # not in a Literal's text


class Misfit(PlugwrightError, TypeError):
    """A value does not fit: `path` is where, `problem` what is wrong with it."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}" if path else problem)

    def __reduce__(self) -> Any:
        return type(self), (self.path, self.problem)


def wrong(path: str, expected: str, value: object) -> Misfit:
    """The error for a value of the wrong kind."""
    got = "None" if value is None else type(value).__name__
    return Misfit(path, f"expected {expected}, got {got}")


def name_of(annotation: Any) -> str:
    """An annotation as texts show it, without modules."""
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return _MODULES.sub("", str(annotation)).replace("NoneType", "None")


def shown(key: object) -> str:
    """A key as texts show it."""
    return f"{key!r}"[:80] if isinstance(key, str | int) else type(key).__name__


def anything(value: Any, path: str) -> Any:
    """Any value."""
    return value


def instance(cls: type) -> Fit:
    """Instances of `cls`."""
    name = name_of(cls)

    def fit(value: Any, path: str) -> Any:
        if not isinstance(value, cls):
            raise wrong(path, name, value)
        return value

    return fit


def integer(value: Any, path: str) -> int:
    """An int that is no bool."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise wrong(path, "int", value)


def floating(value: Any, path: str) -> float:
    """A float; an int becomes one."""
    if isinstance(value, float):
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(path, "float", value)
    try:
        return float(value)
    except OverflowError:
        raise Misfit(path, "the int is too large for a float") from None


def nano(value: Any, path: str) -> NanoDatetime:
    """A NanoDatetime; a datetime becomes one."""
    if isinstance(value, NanoDatetime):
        return value
    if not isinstance(value, datetime):
        raise wrong(path, "NanoDatetime", value)
    return nano_datetime(value, 0)


def choice(known: Mapping[tuple[type, Any], Any]) -> Fit:
    """What is `known` for a value, by its class and itself: True is not 1."""
    expected = "expected one of " + ", ".join(repr(value) for _, value in known)

    def fit(value: Any, path: str) -> Any:
        if value.__hash__ is None or (type(value), value) not in known:
            raise Misfit(path, expected)
        return known[type(value), value]

    return fit


def converted(cls: type, convert: Fit) -> Fit:
    """Instances of `cls`, or what `convert` makes them from."""

    def fit(value: Any, path: str) -> Any:
        return value if isinstance(value, cls) else convert(value, path)

    return fit
