"""Do the modules keep to the rooms?"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping

import pytest
from architecture.rooms import (
    ALONE,
    CODEGEN,
    RUNTIME,
    Room,
)
from kit.imports import graph, imported, sources, tree

ROOMS = {"plugwright": CODEGEN, "plugwright_runtime": RUNTIME}
# Of the standard library, in versions of Python that this test may not run on.
_NEWER = {"annotationlib"}
BOTH = pytest.mark.parametrize("package", sorted(ROOMS))


def _part(name: str) -> str:
    """The folder or module of the package in which a module lies; "" is the package itself."""
    return name.partition(".")[2].partition(".")[0]


def _floor(package: str, name: str) -> int:
    """The line of the table that a module belongs to; -1 is the package itself."""
    part = _part(name)
    if not part:
        return -1
    found = [i for i, room in enumerate(ROOMS[package]) if part in room.modules]
    assert len(found) == 1, f"{name} is in {len(found)} lines of tests/architecture/rooms.py"
    return found[0]


@BOTH
def test_every_line_of_the_table_exists(package: str) -> None:
    parts = {_part(name) for name in sources(package)} - {""}
    assert {module for room in ROOMS[package] for module in room.modules} == parts


@BOTH
def test_modules_import_only_from_rooms_above(package: str) -> None:
    upwards = [
        f"{name} imports {other}"
        for name, others in graph(package).items()
        for other in sorted(others)
        if _floor(package, other) > _floor(package, name)
    ]
    assert upwards == []


@BOTH
def test_nothing_imports_in_a_circle(package: str) -> None:
    """The package and the rooms hand on what lies below them: nobody inside asks them for it."""
    assert list(_circles(graph(package))) == []


def _circles(edges: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """What is left when, again and again, modules go that import none of the rest, or that none of
    the rest imports.
    """
    left = {name: others & edges.keys() for name, others in edges.items()}
    while loose := _importing_none(left) | (left.keys() - set().union(*left.values())):
        left = {name: others - loose for name, others in left.items() if name not in loose}
    if left:
        yield sorted(left)


def _importing_none(edges: Mapping[str, set[str]]) -> set[str]:
    return {name for name, others in edges.items() if not others}


def test_a_circle_would_be_found() -> None:
    assert list(_circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()})) == [["b", "c"]]


@BOTH
def test_rooms_know_only_their_libraries(package: str) -> None:
    strange = [
        f"{name} imports {found}"
        for name, path in sources(package).items()
        for found in imported(name, path)
        if not _may_know(ROOMS[package], package, name, found)
    ]
    assert strange == []


def _may_know(rooms: tuple[Room, ...], package: str, name: str, found: str) -> bool:
    first = found.partition(".")[0]
    if first in sys.stdlib_module_names or first in _NEWER or first == package:
        return True
    allowed = rooms[_floor(package, name)].libraries if _part(name) else {"plugwright_runtime"}
    return any(f"{found}.".startswith(f"{library}.") for library in allowed)


@pytest.mark.parametrize("library", sorted(ALONE))
def test_some_libraries_are_known_to_few_modules(library: str) -> None:
    users = {
        name
        for name, path in sources("plugwright").items()
        if any(f"{found}.".startswith(f"{library}.") for found in imported(name, path))
    }
    assert users == ALONE[library]


@BOTH
def test_every_module_says_what_it_answers(package: str) -> None:
    silent = [name for name, path in sources(package).items() if not ast.get_docstring(tree(path))]
    assert silent == []


def test_only_commands_print_or_exit() -> None:
    talkative = [
        name
        for name, path in sources("plugwright").items()
        if _part(name) not in ("commands", "__main__")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("print", "exit")
    ]
    assert talkative == []
