"""Which modules of an SDK does a person write? Settings in; what is wrong with the folder
`sdk.extras` out, or its texts.

What one plugin system needs and no other has is written by hand, beside its config. The folder is
a package of any depth, and becomes the subpackage `extras` of the SDK: by a link that leads to it,
so that it stands once, or with `copy-extras` as a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..problems import GenerationError, Location, Problem, Problems, fail
from ..python.names import is_package
from .tables import Extra, Settings

if TYPE_CHECKING:
    import ast

NAME = "extras"
"""The subpackage of the SDK."""


def check(settings: Settings) -> None:
    """Raise GenerationError if the folder is no package, or an export is not in it."""
    problems = Problems()
    sdk = settings.sdk
    folder = settings.root / sdk.extras
    if sdk.extras and not (folder / "__init__.py").is_file():
        text = f"there is no package in {folder}; put an __init__.py there"
        problems.add(settings.where("sdk.extras"), text)
    else:
        for name, fault in _faults(settings, folder):
            problems.add(settings.where(f"sdk.exports.{name}"), fault)
    problems.raise_if_any()


def _faults(settings: Settings, folder: Path) -> Iterator[tuple[str, str]]:
    """(export, why it cannot come from the extra module that it names) of those that cannot."""
    exports, place = settings.sdk.exports, settings.sdk.extras
    found = _modules(folder) if place else {}
    # Each module once: parsing is what costs here.
    named = sorted(found.keys() & exports.values())
    defined = {module: set(_defined(_parsed(folder / found[module]))) for module in named}
    for name, module in exports.items():
        if module not in found:
            known = ", ".join(sorted(found)) or "none"
            yield name, f"there is no extra module {module!r}; there are: {known}"
        elif name not in defined[module]:
            known = ", ".join(sorted(n for n in defined[module] if n[0] != "_"))
            yield name, f"{place}/{found[module]} defines no {name}; it defines: {known}"


def _modules(folder: Path) -> dict[str, str]:
    """Dotted name of each module below `folder` -> its path from there."""
    paths = (p.relative_to(folder) for p in sorted(folder.rglob("*.py")))
    found = ((".".join(p.with_suffix("").parts), p.as_posix()) for p in paths)
    return {n.removesuffix(".__init__"): path for n, path in found if n != "__init__"}


def copied(settings: Settings) -> Settings:
    """`settings` with the texts of the hand-written modules, which are copied then.

    Raises GenerationError with the problems of all of them.
    """
    sdk = settings.sdk
    if not sdk.extras:
        return settings
    folder = settings.root / sdk.extras
    found: list[Extra] = []
    problems: list[Problem] = []
    for file in sorted(folder.rglob("*.py")):
        try:
            found.append(_extra(file, file.relative_to(folder), sdk.extras))
        except GenerationError as error:
            problems += error.problems
    if problems:
        raise GenerationError(problems)
    return settings._replace(sdk=sdk._replace(copy_extras=True), extras=tuple(found))


def _extra(file: Path, path: Path, configured: str) -> Extra:
    for part in path.with_suffix("").parts:
        if part != "__init__" and not is_package(part):
            raise fail(Location(str(file)), f"{part!r} cannot name a module of a package")
    _parsed(file)
    text = file.read_text(encoding="utf-8")
    return Extra(path.as_posix(), f"{configured}/{path.as_posix()}", text)


def _parsed(file: Path) -> ast.Module:
    """The syntax tree of a module. Raises GenerationError if it is no Python."""
    import ast  # of some weight, and most SDKs have no extras

    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        place = Location(str(file), error.lineno or 0, error.offset or 0)
        raise fail(place, f"not valid Python: {error.msg}") from None
    except (OSError, ValueError) as error:
        raise fail(Location(str(file)), f"cannot be read: {error}") from None


def _defined(tree: ast.Module) -> Iterator[str]:
    import ast

    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (a.name for a in node.names if a.asname == a.name)  # exported again
        elif isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def read_guide(root: Path, file: str, where: Location) -> str:
    """The text of the guide `file` below `root`. Raises GenerationError if it cannot be read."""
    try:
        return (root / file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise fail(where, f"guide {file} cannot be read: {reason}") from None
