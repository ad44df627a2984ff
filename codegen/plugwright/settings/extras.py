"""Which hand-written modules belong to an SDK? The folder `sdk.extras` in, their texts out.

What one plugin system needs and no other has is written by hand, beside its config; it becomes
part of the package as it stands, so that users install and import one thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..problems import Location, Problems, fail
from ..python.names import is_package

if TYPE_CHECKING:
    import ast


class Extra(NamedTuple):
    """A hand-written module: `name` in the package, `path` as configured, `defines` = its names."""

    name: str
    path: str
    text: str
    defines: frozenset[str]


def read_extras(root: Path, folder: str, where: Location) -> tuple[Extra, ...]:
    """The modules in `folder` below `root`. Raises GenerationError with all their problems."""
    problems = Problems()
    files = sorted((root / folder).glob("*.py"))
    if not files:
        problems.add(where, f"there is no .py file in {root / folder}")
    found = [e for f in files if (e := _extra(f, f"{folder}/{f.name}", problems))]
    problems.raise_if_any()
    return tuple(found)


def read_guide(root: Path, file: str, where: Location) -> str:
    """The text of the guide `file` below `root`. Raises GenerationError if it cannot be read."""
    try:
        return (root / file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise fail(where, f"guide {file} cannot be read: {reason}") from None


def _extra(file: Path, path: str, problems: Problems) -> Extra | None:
    import ast  # of some weight, and most SDKs have no extras

    place = Location(str(file))
    if not is_package(file.stem) or file.stem.startswith("__"):
        problems.add(place, f"{file.stem!r} cannot name a module of a package")
        return None
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except SyntaxError as error:
        place = Location(str(file), error.lineno or 0, error.offset or 0)
        problems.add(place, f"not valid Python: {error.msg}")
    except (OSError, ValueError) as error:
        problems.add(place, f"cannot be read: {error}")
    else:
        return Extra(file.stem, path, text, frozenset(_defined(tree)))
    return None


def _defined(tree: ast.Module) -> Iterator[str]:
    import ast

    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def check_exports(
    extras: tuple[Extra, ...],
    exports: Mapping[str, str],
    places: Mapping[str, Location],
    problems: Problems,
) -> None:
    """A problem for each of `exports` (name -> module) that no module defines."""
    modules = {e.name: e for e in extras}
    for name, module in exports.items():
        if module not in modules:
            known = ", ".join(modules) or "none"
            text = f"there is no extra module {module!r}; there are: {known}"
        elif name not in modules[module].defines:
            known = ", ".join(sorted(n for n in modules[module].defines if n[0] != "_"))
            text = f"{modules[module].path} defines no {name}; it defines: {known}"
        else:
            continue
        problems.add(places[name], text)
