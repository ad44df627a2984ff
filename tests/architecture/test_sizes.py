"""Is everything short enough to be read at one go?"""

from __future__ import annotations

import ast

import pytest
from architecture.rooms import (
    MOST_BESIDE,
    MOST_LINES,
    MOST_LINES_OF_A_FUNCTION,
    MOST_LINES_OF_A_TEMPLATE,
)
from kit.imports import FOLDERS, sources, tree
from kit.places import ROOT

BOTH = pytest.mark.parametrize("package", sorted(FOLDERS))


@BOTH
def test_few_modules_stand_beside_the_rooms(package: str) -> None:
    beside = list(FOLDERS[package].glob("*.py"))
    assert len(beside) <= MOST_BESIDE[package]


@BOTH
def test_modules_and_functions_are_short(package: str) -> None:
    long: list[str] = []
    for name, path in sources(package).items():
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > MOST_LINES:
            long.append(f"{name}: {lines} lines")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MOST_LINES_OF_A_FUNCTION:
                    long.append(f"{name}.{node.name}: {lines} lines")
    assert long == []


def test_templates_are_short() -> None:
    templates = sorted((ROOT / "templates").glob("*.j2"))
    assert templates
    for path in templates:
        assert path.read_text().count("\n") <= MOST_LINES_OF_A_TEMPLATE, path
