"""Which patterns of a setting match nothing? Each is a mistake of its author, so a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...problems import GenerationError, Problem, Problems
from ...settings.patterns import Patterns
from ...settings.tables import Settings


def unmatched(
    settings: Settings,
    key: str,
    patterns: Iterable[str],
    asked: Iterable[str],
    known: Iterable[str],
) -> Iterator[Problem]:
    """A problem for each of `patterns`, the entries of `key`, that is true of none of `asked`.

    `known`: what the author may have meant.
    """
    if not patterns:
        return
    tried = Patterns(patterns)
    for name in asked:
        tried.find(name)
    found = Problems()
    tried.report_unused(found, settings, key, known)
    try:
        found.raise_if_any()
    except GenerationError as error:
        yield from error.problems
