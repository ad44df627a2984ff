"""Does each module of the runtime log under the name of its room, by which users filter?"""

from __future__ import annotations

import ast
from pathlib import Path

from kit.imports import FOLDERS, tree

RUNTIME = FOLDERS["plugwright_runtime"]
OTHERS = {"plugin", "stdout", "asyncio", "grpc"}
"""Of the application, of what it prints, and of libraries whose records a style thins out."""


def logger_names(path: Path) -> list[str]:
    """The texts and names that a module gives to `getLogger`."""
    calls = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Call)]
    named = [c for c in calls if ast.unparse(c.func).endswith("getLogger") and c.args]
    found = [c.args[0] for c in named]
    return [str(a.value) if isinstance(a, ast.Constant) else ast.unparse(a) for a in found]


def test_loggers_are_named_after_their_rooms() -> None:
    seen = 0
    for path in sorted(RUNTIME.rglob("*.py")):
        room = path.relative_to(RUNTIME).parts[0].removesuffix(".py")
        for name in logger_names(path):
            if name.startswith("plugwright") or name == "__name__":
                assert name == f"plugwright.{room}", path
                seen += 1
            else:
                assert name in OTHERS or name == "name", path
    assert seen > 10
