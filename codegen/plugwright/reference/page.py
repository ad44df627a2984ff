"""What is a page of the site, and how is a table of it written?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_WIDTH = 80


class Page(NamedTuple):
    """`path`: in the folder of the site's pages; `text`: its Markdown."""

    path: str
    title: str
    text: str


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown of one line."""
    lines: list[Sequence[str]] = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def signature(head: str, parameters: Iterable[str], tail: str) -> str:
    """A declaration, on one line where it fits."""
    given = tuple(parameters)
    line = f"{head}{', '.join(given)}{tail}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([head, *(f"    {parameter}," for parameter in given), tail])


def anchored(anchor: str, shown: str = "") -> str:
    """The name of a row that links lead to."""
    return f'<a id="{anchor}"></a>`{shown or anchor}`'
