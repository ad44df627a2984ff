"""Which items of two surfaces speak of the same thing? Whatever it is called in Python: first what
has the same name in the protos, then what has the same number or the same shape, then what stands
at the same place in Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from .items import BAR, Item, Surface

Identity = tuple[str, ...]
_TYPES = frozenset({"model", "enum"})
_OF_RPCS = frozenset({"method", "serves", "hook"})


class Thing(NamedTuple):
    """`proto`: the full name of what it is made of, "" if that is no part of a proto.

    `identity`, `second`: what it is known by, and what by if that has changed.
    """

    item: Item
    proto: str
    identity: Identity
    second: Identity

    @property
    def place(self) -> Identity:
        """Where users find it: a class stays at its place even if it becomes an enum."""
        return ("type" if self.item.kind in _TYPES else self.item.kind, self.item.subject)


class Pair(NamedTuple):
    """A thing as it was and as it is; None where it is not."""

    old: Thing | None
    new: Thing | None


def pairs(old: Surface, new: Surface) -> list[Pair]:
    """All things of both, those that are the same together."""
    before, after = _Names(old), _Names(new)
    gone = list(before.things(_renamed(before, after)))
    come = list(after.things({}))
    found: list[Pair] = []
    for key in ("identity", "second", "place"):
        known = {getattr(thing, key): thing for thing in come}
        same = [(t, known.pop(getattr(t, key), None)) for t in gone]
        found += [Pair(t, other) for t, other in same if other]
        gone = [t for t, other in same if not other]
        taken = {other.place for _, other in same if other}
        come = [t for t in come if t.place not in taken]
    return [*found, *(Pair(t, None) for t in gone), *(Pair(None, t) for t in come)]


class _Names:
    """What the items of one surface say of each other's protos."""

    def __init__(self, surface: Surface) -> None:
        self._items = surface.items
        # Python place -> full name of its message, enum or service.
        owners = surface.of("model", "enum", "client", "servicer")
        self.protos = {item.subject: item.head for item in owners}
        self.calls = {item.subject: call(item) for item in surface.of(*_OF_RPCS)}
        # Hooks do not say whose they are; their service has a servicer.
        self._services = {
            (c.rpc, c.request): self.protos[place.rpartition(".")[0]]
            for place, c in self.calls.items()
            if place.rpartition(".")[0] in self.protos
        }
        self.fields: dict[str, dict[str, ProtoField]] = {}  # message -> name -> field
        for item in surface.of("field", "case"):
            declared = proto_field(item)
            self.fields.setdefault(self.message(item), {})[declared.name] = declared
        self.holders: dict[str, str] = {}  # class that holds the cases of a oneof -> a number
        for item in surface.of("case"):
            self.holders.setdefault(item.owner, proto_field(item).number)
        self.members: dict[str, list[str]] = {}
        for item in surface.of("member"):
            self.members.setdefault(self.protos.get(item.owner, ""), []).append(item.detail)

    def message(self, item: Item) -> str:
        """The message of a field or a case."""
        place = item.owner
        return self.protos.get(place.rpartition(".")[0] if item.kind == "case" else place, "")

    def rpc(self, place: str) -> str:
        """The full name of the RPC of a method or hook."""
        found = self.calls[place]
        own = self.protos.get(place.rpartition(".")[0])
        return f"{own or self._services.get((found.rpc, found.request), '')}.{found.rpc}"

    def things(self, renamed: Mapping[str, str]) -> Iterator[Thing]:
        """All items; `renamed`: what full names are in the other surface."""
        named = _Identified(self, renamed)
        known: dict[str, Thing] = {}
        for item in self._items:
            if item.kind != "deprecated":
                thing = named.thing(item)
                known.setdefault(item.subject, thing)
                yield thing
        for item in self._items:
            if item.kind == "deprecated":
                yield _noted(item, known.get(item.subject))


def _noted(item: Item, of: Thing | None) -> Thing:
    """What an item says of another one."""
    own = (item.kind, item.subject)
    if of is None:
        return Thing(item, "", own, own)
    return Thing(item, of.proto, (item.kind, *of.identity), (item.kind, *of.second))


class _Identified(NamedTuple):
    """Says what the things of a surface are known by."""

    names: _Names
    renamed: Mapping[str, str]

    def thing(self, item: Item) -> Thing:
        kind, names = item.kind, self.names
        if kind in _TYPES:
            return self._thing(item, item.head, ("type", self._now(item.head)))
        if kind in ("client", "servicer"):
            return self._thing(item, item.head, (kind, item.head))
        if kind in ("field", "case"):
            message, field = names.message(item), proto_field(item)
            among = ("field", self._now(message))
            return self._named(item, message, among, (field.name, field.number))
        if kind in ("oneof", "member"):
            owner = names.protos.get(item.owner, "")
            told = (part(item, 0), item.head)
            if kind == "oneof":
                holder = f"{item.owner}.{part(item, 0).removeprefix('holder ')}"
                told = (item.head, names.holders.get(holder, ""))
            return self._named(item, owner, (kind, self._now(owner)), told)
        if kind in ("parameter", "handler") and item.owner in names.calls:
            return self._argument(item)
        if item.subject in names.calls:
            rpc = names.rpc(item.subject)
            of = (kind, item.subject.partition(".")[0], self._now(rpc))
            return self._thing(item, rpc, of)
        return self._thing(item, names.protos.get(item.subject, ""), (kind, item.subject))

    def _argument(self, item: Item) -> Thing:
        request = self.names.calls[item.owner].request
        word, _, name = part(item, -1).partition(" ")
        field = self.names.fields.get(request, {}).get(name)
        of = (item.kind, self._now(self.names.rpc(item.owner)), word)
        if not name:
            return self._thing(item, request, of)
        return self._named(item, request, of, (name, field.number if field else ""))

    def _thing(self, item: Item, proto: str, identity: Identity) -> Thing:
        return Thing(item, proto, identity, identity)

    def _named(self, item: Item, owner: str, of: Identity, told: tuple[str, str]) -> Thing:
        """What is known by a name, and by a number if that is not there any more."""
        name, number = told
        return Thing(item, f"{owner}.{name}", (*of, name), (*of, "number", number or name))

    def _now(self, name: str) -> str:
        return self.renamed.get(name, name)


# ------------------------------------------------------------------------ what has another name


def _renamed(old: _Names, new: _Names) -> dict[str, str]:
    """Full name -> its name in `new`, of messages, enums and RPCs that are the same but for it."""
    found: dict[str, str] = {}
    for shapes in (_shapes, _signatures):
        before, after = dict(shapes(old)), dict(shapes(new))
        gone = {n: s for n, s in before.items() if n not in after}
        come = {n: s for n, s in after.items() if n not in before}
        once = _once(before.values()) & _once(after.values())
        found |= {n: m for n, s in gone.items() for m, t in come.items() if s == t and s in once}
    return found


def _once(shapes: Iterable[tuple[object, ...]]) -> set[tuple[object, ...]]:
    return {shape for shape, count in Counter(shapes).items() if count == 1}


def _shapes(names: _Names) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Each message and enum, by its fields or values."""
    for message, fields in names.fields.items():
        yield message, tuple(sorted(fields.values()))
    for enum, members in names.members.items():
        yield enum, tuple(sorted(members))


def _signatures(names: _Names) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Each RPC, by what it takes and returns."""
    for place, told in names.calls.items():
        if place.startswith("servicers."):
            service = names.protos.get(place.rpartition(".")[0])
            yield names.rpc(place), (service, told.kind, told.request, told.response)


# ----------------------------------------------------------------------- what items say of protos


class Call(NamedTuple):
    """An RPC as an item tells it."""

    rpc: str
    kind: str
    request: str
    response: str


def call(item: Item) -> Call:
    """What a `method`, `serves` or `hook` says of its RPC; a hook has its family as `kind`."""
    rpc, kind, types = (*item.detail.split(BAR), "", "")[:3]
    request, _, response = types.partition(" -> ")
    return Call(rpc, kind, request, response)


class ProtoField(NamedTuple):
    """A field as its item tells it; `json`: its JSON name if that is unusual."""

    number: str
    label: str
    type: str
    name: str
    json: str


_LABELS = ("optional", "repeated", "required")


def proto_field(item: Item) -> ProtoField:
    """What a `field` or a `case` says of the proto."""
    number, *words = part(item, 0).split(" ")
    label = words.pop(0) if words and words[0] in _LABELS else ""
    kind, name, _, json = (*words, "", "", "", "")[:4]
    return ProtoField(number, label, kind, name, json)


def part(item: Item, index: int) -> str:
    """A part of the detail; "" if somebody has edited the surface, and there is none."""
    return item.parts[index] if item.parts else ""
