"""Which version do changes ask for, and who is told that it was not raised?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.evolution.edits import NOTES
from kit.generating.failing import command
from plugwright.evolution import versions
from plugwright.surface.changes import Change, Severity

_NEW = ("  Place place = 9;", "  Place place = 9;\n  bool done = 10;")


def change(severity: Severity) -> Change:
    return Change(severity, "source", "models.Note", "", "is otherwise", "", "", "")


@pytest.mark.parametrize(
    ("version", "severity", "wanted"),
    [
        ("1.4.2", "breaking", "2.0.0"),
        ("1.4.2", "notice", "1.5.0"),
        ("1.4.2", "compatible", "1.5.0"),
        ("0.4.2", "breaking", "0.5.0"),
        ("0.4.2", "compatible", "0.4.3"),
        ("2.0.0rc1", "breaking", "2.0.0"),
        ("2.0.0.dev3", "compatible", "2.0.0"),
        ("1.4.2.post1", "breaking", "2.0.0"),
        ("3", "compatible", "3.1.0"),
        ("next", "breaking", ""),
        ("", "breaking", ""),
    ],
)
def test_a_change_asks_for_a_version(version: str, severity: Severity, wanted: str) -> None:
    assert versions.needed(version, [change(severity)]) == wanted
    assert versions.needed(version, []) == ""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for file in NOTES.iterdir():
        if file.suffix in (".proto", ".toml"):
            (tmp_path / file.name).write_text(file.read_text())
    outcome = command(["generate", "."], tmp_path)
    assert (outcome.code, outcome.stderr) == (0, "")
    return tmp_path


def replace(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_generate_warns_where_the_version_was_not_raised(project: Path) -> None:
    replace(project / "note.proto", *_NEW)
    outcome = command(["generate", "."], project)
    assert outcome.code == 0
    assert outcome.stderr == (
        "plugwright.toml:3:1: warning: users see changes since 1.0.0 that ask for version 1.1.0, "
        "and it is 1.0.0; raise it, unless 1.0.0 is still to be released\n"
    )
    assert command(["generate", "."], project).stderr == ""


def test_generate_is_content_with_a_version_that_was_raised(project: Path) -> None:
    replace(project / "note.proto", *_NEW)
    replace(project / "plugwright.toml", '"1.0.0"', '"1.1.0"')
    outcome = command(["generate", "."], project)
    assert (outcome.code, outcome.stderr) == (0, "")


def test_generate_says_nothing_where_users_see_nothing(project: Path) -> None:
    replace(project / "note.proto", "// A note.", "// What somebody has written.")
    outcome = command(["generate", "."], project)
    assert (outcome.code, outcome.stderr) == (0, "")
