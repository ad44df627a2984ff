"""What does a change of a message or an enum mean for those who use it?"""

from __future__ import annotations

from collections.abc import Iterator

from . import wire
from .changes import Finding, Now, breaking, shown
from .identity import ProtoField, part
from .items import Item

KEEP = "keep it, deprecated, until a major version"
RENAME = "keep the name"
_OTHER_NUMBER = "give it its number back; a new field gets a new one"


def types(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `model` and `enum`."""
    del now
    if old.subject != new.subject:
        yield breaking("source", f"is now {new.subject}: programs that name it fail", RENAME)
        yield breaking("pickle", f"is now {new.subject}: pickles of it cannot be read", RENAME)
    if old.kind != new.kind:
        yield breaking("source", f"was one {old.kind} and is one {new.kind}", KEEP)
    if part(old, 0) != part(new, 0) and new.kind == "enum":
        text = f"was {part(old, 0)} and is {part(new, 0)}: numbers without a name arrive otherwise"
        yield breaking("behaviour", text, "keep its syntax, or its enum_type feature")


def fields(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `field` and `case`, in Python."""
    if old.kind != new.kind:
        text = "is a field of its own now" if new.kind == "field" else "is a case of a oneof now"
        yield breaking("source", f"{text}: {new.subject}", "keep it where it was")
        return
    if old.subject != new.subject:
        text = f"is called {new.name} now: programs that name it fail"
        yield breaking("source", text, RENAME)
    before, after = shown(old, now), shown(new)
    if before.annotation != after.annotation:
        text = f"was {before.annotation} and is {after.annotation}"
        yield breaking("source", text, "keep its type, and add a field with the other one")
    elif before.default != after.default:
        text = f"has {after.default or 'no default'} where it is left out, and had {before.default}"
        yield breaking("behaviour", text, "keep its default")


def fields_on_the_wire(old: ProtoField, new: ProtoField) -> Iterator[Finding]:
    """Rules of `field` and `case`, for bytes and JSON."""
    if old.number != new.number:
        text = f"has number {new.number}, and had {old.number}: the other side reads another field"
        yield breaking("wire", text, _OTHER_NUMBER)
    if not wire.same_bytes(old, new):
        text = f"is {_declared(new)} on the wire, and was {_declared(old)}"
        text = f"{text}: the other side cannot read it"
        yield breaking("wire", text, "keep its type, and add a field with the other one")
    elif not wire.same_json(old, new):
        text = f"is {_declared(new)} in the proto, and was {_declared(old)}"
        yield Finding("notice", "json", f"{text}: its JSON may look otherwise")
    if _json(old) != _json(new):
        text = f"is {_json(new)!r} in JSON, and was {_json(old)!r}"
        yield breaking("json", text, "give it its json_name back")


def _declared(field: ProtoField) -> str:
    return f"{field.label} {field.type}".strip()


def _json(field: ProtoField) -> str:
    if field.json:
        return field.json
    first, *rest = field.name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def oneofs(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    if old.subject != new.subject:
        yield breaking("source", f"is called {new.name} now: programs that name it fail", RENAME)
    elif _union(old, now) != _union(new, str):
        text = f"is told by {' and '.join(new.parts)}, and was by {' and '.join(old.parts)}"
        yield breaking("source", text, RENAME)


def _union(item: Item, now: Now) -> list[str]:
    return [" ".join(map(now, text.split(" "))) for text in item.parts]


def members(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `member`."""
    del now
    if old.subject != new.subject:
        yield breaking("source", f"is called {new.name} now: programs that name it fail", RENAME)
    if old.head != new.head:
        text = f"is {new.head} on the wire, and was {old.head}"
        yield breaking("wire", text, "give it its number back")
    if part(old, 0) != part(new, 0):
        text = f"is {part(new, 0)!r} in JSON, and was {part(old, 0)!r}"
        yield breaking("json", text, "keep the name of the value")


GONE = {
    "model": breaking("source", "is gone: programs that name it fail, and pickles of it", KEEP),
    "enum": breaking("source", "is gone: programs that name it fail, and pickles of it", KEEP),
    "field": breaking("source", "is gone: programs that read or set it fail", KEEP),
    "case": breaking("source", "is gone: programs that make or match it fail", KEEP),
    "oneof": breaking("source", "is gone: programs that read or set it fail", KEEP),
    "member": breaking("source", "is gone: programs that name it fail", KEEP),
}
NEW = {
    "model": Finding("compatible", "source", "is new"),
    "enum": Finding("compatible", "source", "is new"),
    "field": Finding("compatible", "source", "is new"),
    "oneof": Finding("compatible", "source", "is new"),
    "case": Finding("notice", "source", "is new: a `match` that names all cases lacks it"),
    "member": Finding("compatible", "source", "is new"),
}
