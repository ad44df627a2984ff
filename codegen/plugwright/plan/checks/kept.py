"""What will users miss that no rule could keep? Both surfaces in, a problem for each such change.

It stands where the proto says it: where the thing is, or what it was part of if it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...problems import Location, Problem
from ...protos.schema import Schema
from ...surface.compare import compare
from ...surface.items import Surface

ACCEPT = "--accept-surface"


def problems(old: Surface, new: Surface, schema: Schema) -> Iterator[Problem]:
    """The changes after which a program of before does not work as it did."""
    if old.items == new.items:
        return
    places = _places(schema)
    for change in compare(old, new):
        if change.severity == "breaking":
            where = _place(change.proto, places) or Location(old.file)
            text = f"{change.sentence}; {change.advice}; or accept it with {ACCEPT}"
            yield Problem(where, text)


def _places(schema: Schema) -> dict[str, Location]:
    """Where each declaration of the protos is, by full name; a package is a file of it."""
    found: dict[str, Location] = {}
    for file in schema.files:
        for service in file.services:
            found[service.full_name] = service.where
            found |= {method.full_name: method.where for method in service.methods}
            found.setdefault(file.package, Location(service.where.file))
    for message in schema.messages.values():
        found[message.full_name] = message.where
        found |= {f"{message.full_name}.{f.name}": f.where for f in message.fields}
    for enum in schema.enums.values():
        found[enum.full_name] = enum.where
        found |= {f"{enum.full_name}.{value.name}": value.where for value in enum.values}
    for full_name in [*schema.messages, *schema.enums]:
        found.setdefault(full_name.rpartition(".")[0], Location(found[full_name].file))
    return found


def _place(name: str, places: Mapping[str, Location]) -> Location | None:
    """Where a name is declared, or the innermost of what it was declared in."""
    while name and name not in places:
        name = name.rpartition(".")[0]
    return places.get(name)
