"""How is said what a run has found? For people, or as annotations of GitHub Actions."""

from __future__ import annotations

import sys
from typing import NamedTuple

from ..problems import GenerationError, Location


class Manner(NamedTuple):
    """How a run goes about it.

    `check`: compare, and write nothing. `dry_run`: say what would be written, and write nothing.
    `quiet`: no diffs, and nothing about what went well. `github`: what is wrong as workflow
    commands.
    """

    check: bool = False
    dry_run: bool = False
    quiet: bool = False
    github: bool = False

    @property
    def failure(self) -> int:
        """The exit code of a run that had to give up: 1 of a check is that something differs."""
        return 2 if self.check else 1

    def problems(self, error: GenerationError) -> None:
        """Say why a run gives up."""
        if not self.github:
            print(error, file=sys.stderr)
            return
        for problem in error.problems:
            print(_command("error", problem.where, problem.text))

    def difference(self, path: str, text: str, diff: str = "") -> None:
        """Say how a file differs. Diffs go to stdout, what they are about to stderr."""
        if diff and not self.quiet:
            if self.github:
                diff = f"::group::{_escaped(path)}\n{diff}::endgroup::\n"
            print(diff, end="")
        if self.github:
            print(_command("error", Location(path), text))
        else:
            print(f"{path}: {text}", file=sys.stderr)

    def remark(self, text: str) -> None:
        """Say what the owner of a folder should know."""
        if self.github:
            print(_command("warning", Location(""), text))
        else:
            print(text, file=sys.stderr)

    def done(self, text: str) -> None:
        """Say what went well."""
        if not self.quiet:
            print(text)


def _command(kind: str, where: Location, text: str) -> str:
    """A workflow command: what comes from an input can neither end it nor begin another."""
    values = {"file": where.file, "line": where.line, "col": where.line and where.col}
    told = ",".join(f"{k}={_escaped(str(v), ':,')}" for k, v in values.items() if v)
    return f"::{kind} {told}".rstrip() + f"::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
