"""Where in the protos is a change? Where the thing is; if it is gone, where that was which had it,
or in the file of what stands beside it in Python.
"""

from __future__ import annotations

from ..problems import Location
from ..protos.places import Places, nearest
from .changes import Change
from .items import Surface


def place(change: Change, now: Surface, known: Places) -> Location | None:
    """`now`: the surface after the change; `known`: the places of its protos."""
    found = nearest(change.proto, known)
    if found is None or change.proto in known or found.line:
        return found
    return _beside(change.name, now, known) or found


def _beside(name: str, now: Surface, known: Places) -> Location | None:
    """The file of a class in the same module; None if it has none any more."""
    module = ".".join(name.split(".")[:2])
    for item in now.of("model", "enum"):
        if item.owner == module and item.head in known:
            return Location(known[item.head].file)
    return None
