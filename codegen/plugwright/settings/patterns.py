"""Which names does a setting speak of? Globs that know which of them never matched.

A pattern that matches nothing is a mistake of its author, and known only when all have been asked.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..problems import Problems
from .tables import Settings

_GLOB = re.compile(r"[*?\[]")


class Patterns:
    """Glob patterns with a value each; the last that matches wins; knows which never matched."""

    def __init__(self, entries: Mapping[str, Any] | Iterable[str]) -> None:
        items = entries.items() if isinstance(entries, Mapping) else ((e, True) for e in entries)
        self._entries = list(items)
        self._unused = {pattern for pattern, _ in self._entries}
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
        self._unused.difference_update(self._entries[i][0] for i in matching)
        pattern, value = self._entries[max(matching)]
        return value, pattern

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def report_unused(
        self,
        problems: Problems,
        settings: Settings,
        key: str,
        candidates: Iterable[str],
    ) -> None:
        """A problem for each pattern that matched nothing, with what it could have matched."""
        known: list[str] | None = None
        for pattern in sorted(self._unused):
            known = sorted(set(candidates)) if known is None else known
            shown = ", ".join(known[:12]) + (f" … ({len(known)} in all)" if len(known) > 12 else "")
            where = settings.lines.get(f"{key}.{pattern}", settings.where(key))
            problems.add(
                where,
                f"{pattern!r} in {key} matches nothing; there are: {shown or 'none'}",
            )
