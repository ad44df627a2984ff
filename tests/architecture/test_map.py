"""Is docs/map.md the house as it stands? And does every path that a document names exist?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from architecture.rooms import CODEGEN, RUNTIME, Room
from kit.imports import FOLDERS
from kit.places import ROOT

MAP = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


class Row(NamedTuple):
    names: tuple[str, ...]
    question: str
    places: tuple[str, ...]


def _rows(heading: str) -> list[Row]:
    """The table below a heading: what stands in backquotes in its first and last column."""
    section = MAP.split(f"## {heading}")[1].split("\n## ")[0]
    cells = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [Row(_quoted(c[0]), c[1].strip(), _quoted(c[2])) for c in cells[1:]]


def _quoted(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([\w*./-]+)`", text))


PACKAGES = pytest.mark.parametrize(
    ("heading", "package", "rooms"),
    [("The runtime", "plugwright_runtime", RUNTIME), ("The generator", "plugwright", CODEGEN)],
)


@PACKAGES
def test_the_map_has_the_rooms_of_the_table(
    heading: str, package: str, rooms: tuple[Room, ...]
) -> None:
    drawn = [(row.names, row.question.lower()) for row in _rows(heading)]
    assert drawn == [(room.modules, room.question.lower()) for room in rooms]


@PACKAGES
def test_the_map_names_modules_of_the_room(
    heading: str, package: str, rooms: tuple[Room, ...]
) -> None:
    missing = [
        f"{row.names}: {place}"
        for row in _rows(heading)
        for place in row.places
        if not list(_modules(FOLDERS[package], row.names, place))
    ]
    assert missing == []


def _modules(folder: Path, names: tuple[str, ...], place: str) -> Iterator[Path]:
    for room in (folder / name for name in names):
        if room.is_dir():
            yield from room.glob(place if place.endswith("/") else f"{place}.py")
            yield from (found for found in room.glob(place) if found.is_dir())
    if place in names:
        yield from (*folder.glob(place), *folder.glob(f"{place}.py"))


def test_the_walks_pass_through_modules_that_exist() -> None:
    walks = MAP.split("## Four walks")[1].split("\n## ")[0]
    places = {place for place in _quoted(walks) if "/" in place}
    assert len(places) > 12
    gone = [
        place
        for place in sorted(places)
        if not any(_there(folder, place) for folder in (*FOLDERS.values(), ROOT))
    ]
    assert gone == []


def _there(folder: Path, place: str) -> bool:
    return any(found for suffix in ("", ".py") for found in folder.glob(f"{place}{suffix}"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_paths_that_exist(document: Path) -> None:
    """Links, and paths from the root of the checkout in backquotes."""
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    paths = re.findall(
        r"`((?:runtime|codegen|templates|tests|bench|examples|docs)/[\w./-]+)`", text
    )
    gone = [link for link in links if not (document.parent / link).exists()]
    gone += [path for path in paths if not (ROOT / path).exists()]
    assert gone == []
