"""What is in the modules of a package, and what does each import? Nothing of them is run."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

from kit.places import ROOT

FOLDERS = {
    "plugwright": ROOT / "codegen" / "plugwright",
    "plugwright_runtime": ROOT / "runtime" / "plugwright_runtime",
}


def sources(package: str) -> Mapping[str, Path]:
    """Dotted name -> file of every module of a package."""
    folder = FOLDERS[package]
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    assert found
    return found


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module, which nobody may change."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(name: str, path: Path) -> Iterator[str]:
    """All that a module imports, wherever it does: `a.b.c` also for `c` of `from a.b import c`."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def graph(package: str) -> dict[str, set[str]]:
    """Module -> the modules of the same package that it imports."""
    known = sources(package)
    return {
        name: {module for found in imported(name, path) if (module := _module(found, known))}
        - {name}
        for name, path in known.items()
    }


def _module(found: str, known: Mapping[str, Path]) -> str | None:
    """The module that an import names, or that has what it names."""
    if found in known:
        return found
    home = found.rpartition(".")[0]
    return home if home in known else None
