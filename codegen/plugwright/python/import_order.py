"""In which order do imports stand, and where does one end? As isort puts them with black's profile.

A row is a module and what is imported of it, `name` or `name as alias`; or "" and a module.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TypeAlias

from .layout import from_import

Row: TypeAlias = tuple[str, str]

_DIGITS = re.compile(r"(\d+)")


def statements(rows: Iterable[Row], pad: str = "") -> str:
    """The import statements of `rows`: sections with an empty line between them.

    >>> print(statements([(".a", "b"), ("typing", "Any"), ("typing", "TYPE_CHECKING")]))
    from typing import TYPE_CHECKING, Any
    <BLANKLINE>
    from .a import b
    """
    sections: tuple[dict[Row, list[str]], ...] = ({}, {}, {})
    for module, item in rows:
        alone = item if " as " in item else ""
        sections[_section(module or item)].setdefault((module, alone), []).append(item)
    texts = ("\n".join(_lines(section, pad)) for section in sections if section)
    return "\n\n".join(texts)


def _section(module: str) -> int:
    """0 = of Python, 1 = of others, 2 = of the package itself."""
    if module.startswith("."):
        return 2
    return 0 if re.split(r"[. ]", module)[0] in sys.stdlib_module_names else 1


def _lines(section: dict[Row, list[str]], pad: str) -> Iterable[str]:
    rest = ((module, sorted(items, key=_item)) for (module, _), items in section.items())
    for module, items in sorted(
        rest, key=lambda row: (bool(row[0]), _module(row[0]), _item(row[1][0]))
    ):
        yield from_import(module, items, pad) if module else f"{pad}import {items[0]}"


def _module(module: str) -> tuple[int, list[object]]:
    """Those that are furthest away come first."""
    name = module.lstrip(".")
    return len(name) - len(module), _natural(name)


def _item(item: str) -> tuple[int, list[object], str]:
    """Constants, then classes, then all else."""
    name = item.partition(" ")[0]
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    return kind, _natural(name), item


def _natural(name: str) -> list[object]:
    """Numbers in a name by their size; text and number take turns, so both can be compared."""
    parts = _DIGITS.split(name.lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)]
