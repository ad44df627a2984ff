"""Does a comparison hold whatever somebody has made of a surface?"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from kit.places import ROOT
from plugwright.surface import text
from plugwright.surface.compare import compare
from plugwright.surface.items import Item, Surface

_FILE = ROOT / "generated" / "openrun" / "openrun_plugin" / "surface.txt"
WHOLE = text.read(_FILE.read_bytes(), str(_FILE))


@st.composite
def edited(draw: Any) -> Surface:
    """The surface of an SDK with some lines cut, mixed up or left out."""
    items = list(WHOLE.items)
    for _ in range(draw(st.integers(1, 30))):
        at = draw(st.integers(0, len(items) - 1))
        other = draw(st.sampled_from(WHOLE.items))
        items[at : at + 1] = draw(
            st.sampled_from([[], [_cut(items[at], draw)], [_mixed(items[at], other)]])
        )
    return Surface("1.0.0", tuple({item.key: item for item in items}.values()))


def _cut(item: Item, draw: Any) -> Item:
    return item._replace(detail=item.detail[: draw(st.integers(0, len(item.detail)))])


def _mixed(item: Item, other: Item) -> Item:
    return item._replace(detail=other.detail)


def test_a_surface_has_not_changed_since_itself() -> None:
    assert compare(WHOLE, WHOLE) == ()


_BEFORE = """\
format 1
version 1.0.0
model models.a.A = p.A
field models.a.A.x: str = "" | 1 string x json x
enum models.a.E = p.E | open
member models.a.E.ONE = 1 | ONE
"""


def test_the_old_name_of_something_renamed_breaks_nothing_while_it_works() -> None:
    renamed = _BEFORE.replace("A.x:", "A.y:").replace("string x", "string y")
    kept = f"{renamed}alias models.a.A.x = models.a.A.y\n"
    assert _told(_BEFORE, renamed) == ["models.a.A.x is called y now: programs that name it fail"]
    assert _told(_BEFORE, kept) == []
    assert _told(kept, renamed) == ["models.a.A.x is gone, the old name of something"]


def test_a_class_that_moves_takes_its_fields_along() -> None:
    moved = _BEFORE.replace("models.a.A", "models.b.A")
    assert _told(_BEFORE, moved) == [
        "models.a.A is now models.b.A: pickles of it cannot be read",
        "models.a.A is now models.b.A: programs that name it fail",
    ]


def _told(old: str, new: str) -> list[str]:
    both = (text.read(value.encode(), "surface.txt") for value in (old, new))
    return [c.sentence for c in compare(*both) if c.severity == "breaking"]


@given(edited())
def test_any_two_surfaces_can_be_compared(other: Surface) -> None:
    gone = {item.key for item in WHOLE.items} - {item.key for item in other.items}
    changes = compare(WHOLE, other)
    assert bool(changes) or not gone or all(kind in ("result", "answer") for kind, _ in gone)
    compare(other, WHOLE)
