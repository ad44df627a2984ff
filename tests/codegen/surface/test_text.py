"""Is a surface read as it was written, and what is said of a file that no run has written?"""

from __future__ import annotations

import pytest
from kit.generating.cases import GOOD, PACKAGE, Case, by_name
from plugwright.problems import GenerationError
from plugwright.surface import text
from plugwright.surface.items import made

_HEAD = "# anything\nformat 1\nversion 0.2.0\n"
_FAULTS = [
    ("", "surface.txt:1:1: no line `format 1`"),
    ("format 2\n", "surface.txt:1:1: format '2' is not known: a newer plugwright wrote it"),
    (f"{_HEAD}thing a = b\n", "surface.txt:4:1: no item of a surface: 'thing a = b'"),
    (f"{_HEAD}model a.B = p.B\n\nthing\n", "surface.txt:6:1: no item"),
    (f"{_HEAD}model a.B = p.B\nmodel a.B = p.C\n", "5:1: model a.B stands in line 4 too"),
    (f"{_HEAD}model a.B = p.B\n<<<<<<< HEAD\n", "5:1: a merge left both sides here"),
    (f"{_HEAD}<<<<<<< HEAD\nmodel a.B = p.B\n", "4:1: a merge left both sides here"),
    (f"{_HEAD}model a.class.B = p.B\n", "4:1: no item"),
    (f"{_HEAD}method a.B.__init__ = X\n", "4:1: no item"),
    (f"{_HEAD}model ../../a = p.B\n", "4:1: no item"),
    (f"{_HEAD}model a();b = p.B\n", "4:1: no item"),
    (f"{_HEAD}model a.B = p.\x1b[31mB\n", "4:1: no item"),
    (f"{_HEAD}model a.B = p.B\rx\n", "4:1: no item"),
    (f"{_HEAD}parameter a.B.c.d: str | first | field d\n", "4:1: no item"),
    (f"{_HEAD}member a.B.C = many\n", "4:1: no item"),
    (f"{_HEAD}oneof a.B.c = c | holder x() | union y\n", "4:1: no item"),
]


@pytest.mark.parametrize(**by_name(GOOD))
def test_a_surface_is_read_as_it_was_written(case: Case) -> None:
    files = {f.path: f.text for f in case.generate()}
    written = files[f"{PACKAGE}/{text.NAME}"]
    surface = text.read(written.encode(), text.NAME)
    assert written.endswith(text.write(surface))
    assert made(surface.version, reversed(surface.items)).items == surface.items
    windows = written.replace("\n", "\r\n")
    assert text.read(windows.encode(), text.NAME) == surface


@pytest.mark.parametrize(("written", "said"), _FAULTS)
def test_a_line_that_no_run_writes_is_an_error_with_its_place(written: str, said: str) -> None:
    with pytest.raises(GenerationError, match=r"^surface\.txt:\d+:1: [^\n]*$") as caught:
        text.read(written.encode(), text.NAME)
    assert said in str(caught.value)


def test_a_surface_that_is_no_text_is_an_error_with_its_place() -> None:
    with pytest.raises(GenerationError, match=r"surface\.txt:2:1: no UTF-8"):
        text.read(b"format 1\n\xff\n", text.NAME)


def test_a_surface_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_BYTES", 1000)
    with pytest.raises(GenerationError, match=r"surface\.txt: no surface: over"):
        text.read(b"x" * 1001, text.NAME)
