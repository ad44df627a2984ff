"""Which names does a setting speak of? Globs with a value each, and which of them match nothing."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..problems import Problem
from .tables import Settings

_GLOB = re.compile(r"[*?\[]")


class Patterns:
    """Glob patterns with a value each; the last that matches wins."""

    def __init__(self, entries: Mapping[str, Any] | Iterable[str]) -> None:
        items = entries.items() if isinstance(entries, Mapping) else ((e, True) for e in entries)
        self._entries = tuple(items)
        # `*.name` and names without a glob, nearly all there are, are looked up; the rest match.
        self._known: dict[str, list[int]] = {}
        self._globs: list[tuple[int, re.Pattern[str]]] = []
        for i, (pattern, _) in enumerate(self._entries):
            if _GLOB.search(pattern.removeprefix("*.")):
                self._globs.append((i, re.compile(fnmatch.translate(pattern))))
            else:
                self._known.setdefault(pattern, []).append(i)

    def find(self, name: str) -> tuple[Any, str] | None:
        """(value, pattern) of the last pattern that matches `name`, or None."""
        _, dot, last = name.rpartition(".")
        known = self._known.get(name, ())
        ending = self._known.get(f"*.{last}", ()) if dot else ()
        if not (known or ending or self._globs):  # of nearly all names
            return None
        matching = [i for i, regex in self._globs if regex.match(name)]
        matching += [*known, *ending]
        if not matching:
            return None
        pattern, value = self._entries[max(matching)]
        return value, pattern

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None


def unmatched(
    settings: Settings,
    key: str,
    patterns: Iterable[str],
    asked: Iterable[str],
    known: Iterable[str],
) -> Iterator[Problem]:
    """A problem for each of `patterns`, the entries of `key`, that matches none of `asked`.

    It is a mistake of its author, who may have meant one of `known`.
    """
    if not patterns or not (found := _matching_none(set(patterns), set(asked))):
        return
    names = sorted(set(known))
    more = f" … ({len(names)} in all)" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more
    for pattern in sorted(found):
        where = settings.lines.get(f"{key}.{pattern}", settings.where(key))
        text = f"{pattern!r} in {key} matches nothing; there are: {shown or 'none'}"
        yield Problem(where, text)


_SHOWN = 12


def _matching_none(patterns: set[str], names: set[str]) -> set[str]:
    """Those of `patterns` that match none of `names`."""
    endings = {f"*.{name.rpartition('.')[2]}" for name in names if "." in name}
    return {p for p in patterns - names - endings if not any(map(_matcher(p), names))}


def _matcher(pattern: str) -> Callable[[str], object]:
    return re.compile(fnmatch.translate(pattern)).match
