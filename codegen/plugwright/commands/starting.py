"""What does `plugwright new` do? Names in; a project in a folder, and what to do next, out."""

from __future__ import annotations

import sys
from pathlib import Path

from .running import reported


def plugin(sdk: str, folder: Path, name: str, id: str) -> None:
    """A plugin on the SDK called `sdk`. `name`: "" = as the folder; `id`: "" = as the name.

    Who sits at a terminal and has not said the id is asked.
    """
    with reported():
        from ..starting import project
        from ..starting import sdk as sdks

        found = sdks.find(sdk)
        names = project.names(name or folder.resolve().name)
        id = id or _asked("id of the plugin", f"com.example.{names.plain}")
        replaced = {
            **found.replaced,
            **project.replacements(names, id),
            "fresh-requirement": found.requirement,
            "fresh_module": found.module,
        }
        made = project.written(folder, ("plugin", found.template), replaced)
    _told(folder, made)


def sdk(name: str, folder: Path | None) -> None:
    """An SDK called `name`, in `folder` (default: a new one of that name)."""
    with reported():
        from ..starting import project

        names, folder = project.names(name), folder or Path(name)
        made = project.written(folder, ("sdk",), project.sdk_replacements(names))
    _told(folder, made)


def _asked(question: str, default: str) -> str:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return default
    print(f"{question} [{default}]: ", end="", file=sys.stderr, flush=True)
    return input().strip() or default


def _told(folder: Path, made: list[Path]) -> None:
    for path in made:
        print(path)
    print(f"what to do next: {folder / 'README.md'}")
