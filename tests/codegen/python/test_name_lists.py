"""Does black find nothing to change in names that are written several to a line?"""

from __future__ import annotations

import ast

import black
import pytest
from plugwright.python.layout import listing, words


@pytest.mark.parametrize("modules", [1, 2])
@pytest.mark.parametrize("count", [1, 8, 9, 10, 11, 20])
def test_a_dictionary_of_names(modules: int, count: int) -> None:
    names = [f"name{n:02}" for n in range(count)]
    rows = [(f".module{n}", names) for n in range(modules)]
    text = f"found = names(\n    globals(),\n    {words(rows, '    ')},\n)\n"
    if "\n" in words(rows, "    "):  # else the call fits on fewer lines
        assert black.format_str(text, mode=black.Mode()) == text
    assert words(rows, "").count("name19") == modules * (count == 20)


@pytest.mark.parametrize("length", [1, 6, 7, 40, 70, 71, 72, 73, 90])
def test_a_list_of_names(length: int) -> None:
    names = [f"a{n:x}".ljust(length, "_") for n in range(12)]
    text = listing("__all__", names) + "\n"
    assert black.format_str(text, mode=black.Mode()) == text
    found: dict[str, object] = {}
    exec(text, found)
    assert found["__all__"] == names
    assert len(ast.parse(text).body) >= 12 * min(length, 70) // 88
