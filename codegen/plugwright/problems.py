"""How does an error read, and where is it?

Every stage that meets bad input raises `GenerationError` with one or more `Problem`s. A problem
prints as `file:line:col: what is wrong, and what to do` (GNU style, positions from 1). Only `cli`
prints them; a traceback is always a bug of plugwright.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Location(NamedTuple):
    """A place in an input: `line` and `col` count from 1; 0 means unknown."""

    file: str
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.col or 1}"


class Problem(NamedTuple):
    """One thing that is wrong: where, and what, in words that say what to do."""

    where: Location
    text: str

    def __str__(self) -> str:
        return visible(f"{self.where}: {self.text}")


def visible(text: str) -> str:
    """`text` as one line: what an input has of control characters must not reach a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class GenerationError(Exception):
    """The input cannot be turned into code; carries every problem found, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects problems so that a user sees all of a run at once, not one per run."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, where: Location, text: str) -> None:
        self._found.append(Problem(where, text))

    def raise_if_any(self) -> None:
        if self._found:
            raise GenerationError(self._found)


def fail(where: Location, text: str) -> GenerationError:
    """A `GenerationError` with a single problem, ready to be raised."""
    return GenerationError([Problem(where, text)])


_SHOWN = 200


def shown(value: object) -> str:
    """A value of the input as problems show it: no more than its begin."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # an integer of thousands of digits
        return "something very large"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
