"""Which edits of the protos may a maintainer make, and who is told of the others?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.evolution.authors import Author, edited, settle
from kit.evolution.edits import Edit
from kit.evolution.table import ALL, BREAKING, SAFE
from kit.generating.packages import mypy
from kit.places import ROOT
from plugwright.evolution.comparing import compared
from plugwright.problems import GenerationError

CATEGORIES = ("source", "behaviour", "wire", "json", "pickle")
NAMES = [edit.name for edit in ALL]


def by_name(edits: tuple[Edit, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("edit", edits, ids=[edit.name for edit in edits])


@pytest.fixture(scope="module")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Author]]:
    """The authors of all safe edits, and one whose protos nobody has edited."""
    folder = tmp_path_factory.mktemp("authors")
    found = {"": settle(folder, "after_none")}
    for edit in SAFE:
        found[edit.name] = edited(folder, edit, f"after_{NAMES.index(edit.name):04}")
    sys.path.insert(0, str(folder / "sdks"))
    yield found
    sys.path.remove(str(folder / "sdks"))


def test_there_are_as_many_as_people_make(authors: dict[str, Author]) -> None:
    assert len(ALL) >= 47
    assert len(set(NAMES)) == len(NAMES)


def test_programs_type_check_after_each_safe_edit(
    authors: dict[str, Author], tmp_path: Path
) -> None:
    root = authors[""].root
    assert mypy(root, tmp_path, [author.program for author in authors.values()]) == ""


@by_name(SAFE)
def test_programs_behave_as_before(authors: dict[str, Author], edit: Edit) -> None:
    assert authors[edit.name].run() == authors[""].run()


@by_name(SAFE)
def test_pickles_from_before_are_read(authors: dict[str, Author], edit: Edit) -> None:
    before = authors[""]
    assert authors[edit.name].stored(before) == before.stored(before)


@by_name(SAFE)
def test_nothing_is_said_to_break(authors: dict[str, Author], edit: Edit, tmp_path: Path) -> None:
    before = settle(tmp_path, authors[edit.name].package)
    (comparison,) = compared([authors[edit.name].job()], _surface(before), lambda stage: None)
    assert [found.change.sentence for found in comparison.of("breaking")] == []


@by_name(BREAKING)
def test_what_breaks_is_told_with_its_line_and_its_name(edit: Edit, tmp_path: Path) -> None:
    author = settle(tmp_path, "notes_sdk")
    edit.apply(author.protos)
    said = _said(author)
    for told in edit.told:
        place = f"{_place(author.protos / told.file, told.line)}:"
        assert any(s.startswith(place) and f" {told.name} " in s for s in said), said


@by_name(BREAKING)
def test_generate_refuses_it_and_says_where_and_what_authors_lose(
    edit: Edit, tmp_path: Path
) -> None:
    author = settle(tmp_path, "notes_sdk")
    edit.apply(author.protos)
    with pytest.raises(GenerationError) as refused:
        author.generate()
    said = str(refused.value).splitlines()
    for told in edit.told:
        place = f"{_place(author.protos / told.file, told.line)}:"
        assert any(s.startswith(place) and f" {told.name} " in s for s in said), said


def _place(file: Path, text: str) -> str:
    lines = file.read_text().splitlines()
    number = next((n for n, line in enumerate(lines, 1) if text and text in line), 0)
    path = os.path.relpath(file) if file.suffix == ".proto" else str(file)
    return f"{path}:{number}" if number else path


@by_name(ALL)
def test_the_page_says_what_an_edit_breaks(edit: Edit, tmp_path: Path) -> None:
    author = settle(tmp_path, "notes_sdk")
    edit.apply(author.protos)
    try:
        (comparison,) = compared([author.job()], _surface(author), lambda stage: None)
    except GenerationError:
        assert _page()[edit.name] == "refused"
        return
    broken = {found.change.category for found in comparison.of("breaking")}
    verdict = ", ".join(category for category in CATEGORIES if category in broken)
    assert _page()[edit.name] == (f"breaks {verdict}" if verdict else "safe")


def test_the_page_has_the_rows_of_the_tests() -> None:
    assert list(_page()) == NAMES


def _page() -> dict[str, str]:
    """Edit -> verdict, as the tables of docs/evolution.md have them."""
    text = (ROOT / "docs" / "evolution.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {edit: verdict for edit, verdict, _ in (row for row in rows if len(row) == 3)}


def _said(author: Author) -> list[str]:
    try:
        (comparison,) = compared([author.job()], _surface(author), lambda stage: None)
    except GenerationError as error:
        return str(error).splitlines()
    return [f"{f.where}: {f.change.sentence} " for f in comparison.of("breaking")]


def _surface(author: Author) -> str:
    return str(author.root / author.package / "surface.txt")
