"""Everyday edits of the protos in `notes`: what is done, and what users of the SDK notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.places import ROOT

NOTES = ROOT / "tests" / "kit" / "evolution" / "notes"


@dataclass(frozen=True)
class Step:
    """In `file`, `new` comes where `old` stands once; a file that is left empty goes."""

    file: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        path = folder / self.file
        text = path.read_text() if path.exists() else ""
        assert text.count(self.old) == 1 or not (self.old or text), f"{self.file}: {self.old}"
        text = text.replace(self.old, self.new) if self.old else self.new
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        if not text.strip():
            path.unlink()


@dataclass(frozen=True)
class Told:
    """What a report says of an edit: `name` as authors know it, at the line of `file` that has
    `line`; at the file alone if that is "", since the line is gone.
    """

    name: str
    file: str
    line: str


@dataclass(frozen=True)
class Edit:
    """`name`: its row in docs/evolution.md; `told`: what breaks, if anything does."""

    name: str
    steps: tuple[Step, ...]
    told: tuple[Told, ...] = ()

    def apply(self, folder: Path) -> None:
        for step in self.steps:
            step.apply(folder)


def edit(name: str, *changes: tuple[str, str, str], told: tuple[Told, ...] = ()) -> Edit:
    """`changes`: (proto without its ending, or another file; old text, new text)."""
    steps = (Step(f if "." in f else f"{f}.proto", old, new) for f, old, new in changes)
    return Edit(name, tuple(steps), told)


def told(name: str, file: str, line: str) -> Told:
    return Told(name, f"{file}.proto", line)


def without(file: str, text: str) -> tuple[str, str, str]:
    return file, text, ""


def after(file: str, text: str, more: str) -> tuple[str, str, str]:
    return file, text, text + more


def before(file: str, text: str, more: str) -> tuple[str, str, str]:
    return file, text, more + text
