"""Would a linter with its usual settings sort the imports of an SDK in another way?"""

from __future__ import annotations

import subprocess
import sys

import pytest
from kit.places import ROOT
from plugwright.python.import_order import statements


@pytest.mark.parametrize("folder", ["generated", "tests/cases"])
def test_generated_imports_are_sorted(folder: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "I"]
    done = subprocess.run([*command, ROOT / folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "All checks passed!\n")


def test_sections_aliases_and_numbers() -> None:
    rows = [
        (".models", "b10 as _b10"),
        (".models", "b9 as _b9"),
        ("...models", "far"),
        ("plugwright_runtime.errors", "DecodeError"),
        ("typing", "overload"),
        ("typing", "Any"),
        ("typing", "TYPE_CHECKING"),
        ("", "builtins as _builtins"),
    ]
    assert statements(rows, "    ").splitlines() == [
        "    import builtins as _builtins",
        "    from typing import TYPE_CHECKING, Any, overload",
        "",
        "    from plugwright_runtime.errors import DecodeError",
        "",
        "    from ...models import far",
        "    from .models import b9 as _b9",
        "    from .models import b10 as _b10",
    ]
