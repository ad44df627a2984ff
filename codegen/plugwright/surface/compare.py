"""What has changed between two surfaces? Every change once: where a class is gone, nobody asks for
its fields, and where it is called otherwise, they are still the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from . import rules_of_calls, rules_of_types
from .changes import PLACE, SEVERITIES, Change, Finding, Now, breaking, called
from .identity import Pair, Thing, pairs, proto_field
from .items import Item, Surface

Rule = Callable[[Item, Item, Now], Iterator[Finding]]
_RULES: Mapping[str, Rule] = {
    "model": rules_of_types.types,
    "enum": rules_of_types.types,
    "field": rules_of_types.fields,
    "case": rules_of_types.fields,
    "oneof": rules_of_types.oneofs,
    "member": rules_of_types.members,
    "client": rules_of_calls.classes,
    "servicer": rules_of_calls.classes,
    "method": rules_of_calls.calls,
    "serves": rules_of_calls.calls,
    "hook": rules_of_calls.calls,
    "parameter": rules_of_calls.parameters,
    "result": rules_of_calls.results,
    "twin": rules_of_calls.results,
    "raises": rules_of_calls.failures,
    "handler": rules_of_calls.handlers,
    "answer": rules_of_calls.answers,
}
_GONE: Mapping[str, Finding] = {
    **rules_of_types.GONE,
    **rules_of_calls.GONE,
    "export": breaking("source", "is gone: programs that import it fail", rules_of_types.KEEP),
    "alias": breaking("source", "is gone, the old name of something", "keep the declared rename"),
    "launch": breaking("behaviour", "is not set any more", "set it as it was"),
    "deprecated": Finding("compatible", "behaviour", "is not deprecated any more"),
}
_NEW: Mapping[str, Finding] = {
    **rules_of_types.NEW,
    **rules_of_calls.NEW,
    "export": Finding("compatible", "source", "is new"),
    "launch": Finding("notice", "behaviour", "is set now"),
    "deprecated": Finding("notice", "behaviour", "is deprecated now, and warns where it is used"),
}
# What others are part of.
_OWNERS = frozenset({"model", "enum", "oneof", "client", "servicer", "method", "serves", "hook"})


def compare(old: Surface, new: Surface) -> tuple[Change, ...]:
    """The changes from `old` to `new`, the gravest first; none if there was nothing before."""
    if not old.items:
        return ()
    found = pairs(old, new)
    return tuple(sorted(_changes(found, _Comparison(found, new)), key=_order))


def _order(change: Change) -> tuple[int, str, str]:
    return SEVERITIES.index(change.severity), change.name, change.text


def _changes(found: Iterable[Pair], comparison: _Comparison) -> Iterator[Change]:
    for pair in found:
        yield from (_change(pair, finding) for finding in comparison.findings(pair))


def _change(pair: Pair, finding: Finding) -> Change:
    old, new = pair
    thing = old or new
    assert thing is not None
    proto = (new or thing).proto
    lines = (str(t.item) if t else "" for t in (old, new))
    return Change(
        finding.severity,
        finding.category,
        called(thing.item),
        proto,
        finding.text,
        finding.advice,
        *lines,
    )


class _Comparison:
    """What rules must know of the rest of both surfaces."""

    def __init__(self, found: Iterable[Pair], new: Surface) -> None:
        both = [(p.old, p.new) for p in found if p.old and p.new]
        self._moved = dict(_moves(both))
        self._types = {
            old.item.head: new.item.head
            for old, new in both
            if old.item.kind in ("model", "enum") and old.item.head != new.item.head
        }
        self._aliases = {item.subject for item in new.of("alias")}
        self._gone = _owners(p.old for p in found if p.new is None)
        self._new = _owners(p.new for p in found if p.old is None)
        self._told = set[tuple[str, str]]()

    def findings(self, pair: Pair) -> Iterator[Finding]:
        old, new = pair
        if old and new:
            yield from self._changed(old.item, new.item)
        elif old and not self._is_told(old.item, self._gone) and old.item.kind in _GONE:
            if old.item.subject in self._aliases:
                yield Finding("notice", "source", "has another name now; the old one still works")
            else:
                yield _GONE[old.item.kind]
        elif new and not self._is_told(new.item, self._new):
            yield from _added(new.item)

    def _is_told(self, item: Item, owners: set[str]) -> bool:
        """Whether it is told of what the item is part of, or leads to."""
        if item.kind == "export":
            inside = f"{item.subject}."
            origin = item.detail.replace(".Async", ".")
            return origin in {*owners, *self._moved} or any(o.startswith(inside) for o in owners)
        path = item.subject.split(".")
        most = len(path) - (item.kind in _OWNERS)
        return any(".".join(path[:n]) in owners for n in range(1, most + 1))

    def _changed(self, old: Item, new: Item) -> Iterator[Finding]:
        if old == new:
            return
        yield from self._on_the_wire(old, new)
        if old.kind in ("launch", "sdk"):
            yield from _setting(old, new)
            return
        rule = _RULES.get(old.kind)
        if rule is None:
            return
        if old.kind in ("model", "enum"):
            yield from self._in_any(old.head, new.head)
        was = old._replace(subject=self._now(old.owner) + "." + old.name)
        if old.kind == "client":
            was = was._replace(detail=self._renamed(old.detail))
        if was.subject != new.subject and old.subject in self._aliases:
            text = f"is called {new.name} now; the old name still works, and warns"
            yield Finding("notice", "source", text)
            was = was._replace(subject=new.subject)
        yield from rule(was, new, self._now)

    def _in_any(self, old: str, new: str) -> Iterator[Finding]:
        """Full names matter where a type says its own; a package that is renamed is told once."""
        packages = old.rpartition(".")[0], new.rpartition(".")[0]
        if old != new and packages not in self._told:
            self._told.add(packages)
            yield Finding("notice", "wire", f"is {new} in the protos: in an Any it is another type")

    def _on_the_wire(self, old: Item, new: Item) -> Iterator[Finding]:
        if old.kind in ("field", "case") and new.kind in ("field", "case"):
            before, after = proto_field(old), proto_field(new)
            before = before._replace(type=self._type(before.type))
            yield from rules_of_types.fields_on_the_wire(before, after)
        elif old.kind == "method":
            yield from rules_of_calls.messages_of_calls(old, new, self._types)

    def _type(self, name: str) -> str:
        """What a type of a field is called now."""
        if name.startswith("map<"):
            key, _, value = name[4:-1].partition(",")
            return f"map<{key},{self._type(value)}>"
        return self._types.get(name, name)

    def _renamed(self, text: str) -> str:
        """`text` with the names that messages have now."""
        if not self._types:
            return text
        return PLACE.sub(lambda found: self._types.get(found[0], found[0]), text)

    def _now(self, place: str) -> str:
        """Where in Python something is now that was at `place`."""
        path = place.split(".")
        for length in range(len(path), 0, -1):
            if (now := self._moved.get(".".join(path[:length]))) is not None:
                return ".".join((now, *path[length:]))
        return place


def _moves(both: Iterable[tuple[Thing, Thing]]) -> Iterator[tuple[str, str]]:
    """Where those things are now that others are part of, if that is elsewhere."""
    for old, new in both:
        was, now = old.item, new.item
        if was.kind in {*_OWNERS, "member"} and was.subject != now.subject:
            yield was.subject, now.subject
        if was.kind == now.kind == "oneof" and (was.owner, was.parts) != (now.owner, now.parts):
            yield from zip(_classes(was), _classes(now), strict=False)


def _classes(oneof: Item) -> list[str]:
    """The holder of a oneof's cases, and their union."""
    words = [text.rpartition(" ")[2] for text in oneof.parts]
    return [f"{oneof.owner}.{words[0]}", *words[1:]] if words else []


def _owners(things: Iterable[Thing | None]) -> set[str]:
    found = [t.item for t in things if t and t.item.kind in _OWNERS]
    holders = [place for item in found if item.kind == "oneof" for place in _classes(item)]
    return {*(item.subject for item in found), *holders}


def _added(item: Item) -> Iterator[Finding]:
    if item.kind == "parameter":
        yield rules_of_calls.new_parameter(item)
    elif item.kind == "handler":
        yield rules_of_calls.new_argument(item)
    elif item.kind in _NEW:
        yield _NEW[item.kind]


def _setting(old: Item, new: Item) -> Iterator[Finding]:
    text = f"is {new.detail}, and was {old.detail}"
    if old.kind == "launch":
        yield breaking("behaviour", f"{text}: hosts start it otherwise", "set it as it was")
    elif old.subject == "package":
        yield breaking("source", f"{text}: programs that import it fail", "keep its name")
    else:
        yield Finding("notice", "source", f"{text}: it is installed by another name")
