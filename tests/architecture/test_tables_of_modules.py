"""Where a room's docstring has a table of its modules: has it each of them once, and do launch
styles keep apart what the tables part?
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.imports import FOLDERS, tree

RUNTIME = FOLDERS["plugwright_runtime"]
GO_PLUGIN = RUNTIME / "styles" / "goplugin"


def docstring(path: Path) -> str:
    return ast.get_docstring(tree(path)) or ""


def table(room: Path) -> dict[str, list[str]]:
    """The rows of a room's table: what its modules have in common -> their names."""
    lines = docstring(room / "__init__.py").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    return {what.strip(): names.split() for what, names in rows[2:]}


def tabled() -> list[Path]:
    rooms = [path.parent for path in sorted(RUNTIME.rglob("__init__.py"))]
    return [room for room in rooms if "modules" in docstring(room / "__init__.py") and table(room)]


def neighbours(module: Path) -> Iterator[str]:
    """The modules of its own room that a module imports, wherever it does."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def test_there_are_tables() -> None:
    assert {GO_PLUGIN, GO_PLUGIN.parent, RUNTIME / "process"} <= {*tabled()}


@pytest.mark.parametrize("room", tabled(), ids=lambda room: room.name)
def test_a_table_has_each_module_once(room: Path) -> None:
    listed = [name for names in table(room).values() for name in names]
    there = {p.stem for p in room.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert sorted(listed) == sorted(there - {"__init__"})


def test_launch_styles_do_not_know_each_other() -> None:
    for names in table(RUNTIME / "styles").values():
        for name in names:
            module = RUNTIME / "styles" / f"{name}.py"
            if module.exists():
                assert {*neighbours(module)} <= {*names}, name


def test_what_both_ends_of_go_plugin_need_does_not_know_the_plugin() -> None:
    rows = [*table(GO_PLUGIN).values()]
    shared = [*rows[0], *rows[1]]
    for name in shared:
        found = {n.split(".")[0] for n in neighbours(GO_PLUGIN / f"{name}.py")}
        assert found <= {*shared}, name
