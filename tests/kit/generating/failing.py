"""What does a command print, and what does it leave behind? Runs the CLI in this process."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kit.generating.cases import Case
from plugwright.commands import cli


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code, both streams, and the files before and after."""

    code: int
    stdout: str
    stderr: str
    before: dict[str, bytes]
    after: dict[str, bytes]


def run(case: Case, folder: Path) -> Outcome:
    """The outcome of the case's command, in a copy of it at `folder`."""
    case.copy(folder)
    return command(case.arguments(), folder)


def command(arguments: list[str], folder: Path) -> Outcome:
    """The outcome of `plugwright ARGUMENTS` in `folder`."""
    before = snapshot(folder)
    stdout, stderr = io.StringIO(), io.StringIO()
    code = 0
    with (
        _inside(folder, ["plugwright", *arguments]),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    after = snapshot(folder)
    return Outcome(code, stdout.getvalue(), stderr.getvalue(), before, after)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes; folders end in a slash."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[f"{name}/"] = b""
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


@contextlib.contextmanager
def _inside(folder: Path, arguments: list[str]) -> Iterator[None]:
    here, old = Path.cwd(), sys.argv
    os.chdir(folder)
    sys.argv = arguments
    try:
        yield
    finally:
        os.chdir(here)
        sys.argv = old
