"""What is a change between two surfaces? How grave it is, for what, and what an author sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from .items import Item

Severity = Literal["breaking", "notice", "compatible"]
"""breaking: something that worked does not. notice: all works, and something is otherwise.
compatible: all is as before, and there is more."""

Category = Literal["source", "behaviour", "wire", "json", "pickle"]
SEVERITIES: tuple[Severity, ...] = ("breaking", "notice", "compatible")


class Finding(NamedTuple):
    """What a rule says. `text`: a sentence whose subject is the thing's name in Python."""

    severity: Severity
    category: Category
    text: str
    advice: str = ""


class Change(NamedTuple):
    """`name`: what authors call it; `proto`: the full name of what it is made of; `old`, `new`: the
    lines of the surfaces, "" where there is none.
    """

    severity: Severity
    category: Category
    name: str
    proto: str
    text: str
    advice: str
    old: str
    new: str

    @property
    def sentence(self) -> str:
        return f"{self.name} {self.text}"


def breaking(category: Category, text: str, advice: str) -> Finding:
    return Finding("breaking", category, text, advice)


def called(item: Item) -> str:
    """What authors call a thing: methods by their class, arguments in their brackets.

    >>> called(Item("parameter", "clients.notes.NotesClient.get_note.id", "str | positional 1"))
    'NotesClient.get_note(id)'
    >>> called(Item("model", "models.note.Note", "notes.Note"))
    'models.note.Note'
    """
    path = item.subject.split(".")
    if path[0] in ("clients", "servicers") and item.kind != "export":
        path = path[2:]
    if item.kind in ("parameter", "handler"):
        return f"{'.'.join(path[:-1])}({path[-1]})"
    if item.kind in ("method", "serves", "result", "raises", "twin", "idempotent"):
        return ".".join(path) + ("()" if path[0] != "HookName" else "")
    if item.kind in ("launch", "sdk", "export"):
        return f"{item.kind} {item.subject}"
    return ".".join(path)


# ------------------------------------------------------------------- annotations and defaults

PLACE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


Now = Callable[[str], str]
"""Where in Python something is now that was at a place: there, if it has not moved."""


class Shown(NamedTuple):
    """An annotation, and the default that stands behind it ("" = none)."""

    annotation: str
    default: str


def shown(item: Item, now: Now | None = None) -> Shown:
    """What a field, parameter or result shows, with classes where they are now."""
    text = item.shown
    if now is not None:
        text = PLACE.sub(lambda found: now(found[0]), text)
    annotation, equals, default = text.partition(" = ")
    if not equals:
        annotation, _, default = text.partition(", unset reads as ")
    return Shown(annotation, default)


def alternatives(annotation: str) -> frozenset[str]:
    """The members of a union.

    >>> sorted(alternatives("dict[str, int | None] | None"))
    ['None', 'dict[str, int | None]']
    """
    found, depth, begin = set[str](), 0, 0
    for at, character in enumerate(annotation):
        if character in "[(":
            depth += 1
        elif character in "])":
            depth -= 1
        elif character == "|" and not depth:
            found.add(annotation[begin:at].strip())
            begin = at + 1
    return frozenset({*found, annotation[begin:].strip()})
