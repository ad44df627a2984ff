"""What will users miss that no rule could keep? Both surfaces in, a problem for each such change.

It stands where the proto says it: where the thing is, or what it was part of if it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Location, Problem
from ...protos.places import places
from ...protos.schema import Schema
from ...surface.compare import compare
from ...surface.items import Surface
from ...surface.placing import place

ACCEPT = "--accept-surface"


def problems(old: Surface, new: Surface, schema: Schema) -> Iterator[Problem]:
    """The changes after which a program of before does not work as it did."""
    if old.items == new.items:
        return
    known = places(schema)
    for change in compare(old, new):
        if change.severity == "breaking":
            where = place(change, new, known) or Location(old.file)
            text = f"{change.sentence}; {change.advice}; or accept it with {ACCEPT}"
            yield Problem(where, text)
