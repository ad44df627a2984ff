"""What did an earlier run decide? Look-ups into a surface, by names of the protos.

Planners ask for what their element was called or how it was shaped; nothing is recorded of what is
new. Whether what is recorded can stay is theirs to decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .items import NOTHING, Item, Surface


class Parameter(NamedTuple):
    """`source`: what of the request it was; `position`: from 1, 0 = keyword-only."""

    name: str
    source: str
    position: int


class Method(NamedTuple):
    """`result`: what of the response it returned; `twin`: the method that returned the whole."""

    name: str
    parameters: tuple[Parameter, ...]
    result: str
    twin: str

    @property
    def takes_request(self) -> bool:
        return any(p.source == "request" for p in self.parameters)


class Argument(NamedTuple):
    """An argument of a handler; `optional`: it joined later, so some handlers lack it."""

    source: str
    optional: bool


class Place(NamedTuple):
    """A class by its module in the folder that it is in."""

    module: str
    name: str


class Oneof(NamedTuple):
    """`cases`: the class of each field."""

    holder: str
    union: str
    cases: Mapping[str, str]


class Recorded(NamedTuple):
    """`types`: of messages and enums, `clients` and `servicers` of services, by full name;
    `methods` of RPCs by full name; `handlers`: of hooks by RPC; `exports`: where each came from.
    """

    surface: Surface
    types: Mapping[str, Place]
    members: Mapping[str, Mapping[str, str]]
    oneofs: Mapping[str, Mapping[str, Oneof]]
    clients: Mapping[str, Place]
    servicers: Mapping[str, Place]
    methods: Mapping[str, Method]
    handlers: Mapping[str, tuple[Argument, ...]]
    exports: Mapping[str, str]

    @property
    def is_new(self) -> bool:
        """Whether there is nothing to stay as it is."""
        return not self.surface.items


def recorded(surface: Surface) -> Recorded:
    """The look-ups of a surface."""
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in surface.items:
        by_kind[item.kind].append(item)
    types = {i.head: i.subject for kind in ("model", "enum") for i in by_kind[kind]}
    clients = {i.head: i.subject for i in by_kind["client"]}
    servicers = {i.head: i.subject for i in by_kind["servicer"]}
    names = {place: full_name for full_name, place in types.items()}
    return Recorded(
        surface=surface,
        types=_places(types),
        members=_members(by_kind["member"], names),
        oneofs=_oneofs(by_kind["oneof"], by_kind["case"], names),
        clients=_places(clients),
        servicers=_places(servicers),
        methods=_methods(by_kind, {place: name for name, place in clients.items()}),
        handlers=_handlers(by_kind["hook"], by_kind["handler"]),
        exports={i.subject: i.detail for i in by_kind["export"]},
    )


def _places(subjects: Mapping[str, str]) -> dict[str, Place]:
    """`models.post.Post.Kind`: the class `Post.Kind` of the module `post`."""
    found: dict[str, Place] = {}
    for full_name, subject in subjects.items():
        parts = subject.split(".", 2)
        if len(parts) == 3:
            found[full_name] = Place(parts[1], parts[2])
    return found


def _members(items: Iterable[Item], names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Full name of an enum -> value -> member."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for item in items:
        if (enum := names.get(item.owner)) is not None:
            found[enum][item.parts[0]] = item.name
    return found


def _oneofs(
    items: Iterable[Item], cases: Iterable[Item], names: Mapping[str, str]
) -> dict[str, dict[str, Oneof]]:
    """Full name of a message -> oneof."""
    classes: dict[str, dict[str, str]] = defaultdict(dict)
    for case in cases:
        classes[case.owner][case.parts[0].split(" ")[2]] = case.name
    found: dict[str, dict[str, Oneof]] = defaultdict(dict)
    for item in items:
        told = dict(part.split(" ", 1) for part in item.parts)
        holder, union = told.get("holder", ""), told.get("union", "").rpartition(".")[2]
        if (message := names.get(item.owner)) is not None and holder and union:
            own = classes[f"{item.owner}.{holder}"]
            found[message][item.head] = Oneof(holder, union, own)
    return found


def _methods(by_kind: Mapping[str, list[Item]], services: Mapping[str, str]) -> dict[str, Method]:
    """Full name of an RPC -> method."""
    given: dict[str, list[Parameter]] = defaultdict(list)
    for item in by_kind["parameter"]:
        how, source = item.parts
        position = int(how.rpartition(" ")[2]) if how.startswith("positional") else 0
        given[item.owner].append(Parameter(item.name, source, position))
    results = {i.subject: i.parts[0] for i in by_kind["result"]}
    twins = {f"{i.owner}.{i.shown}": i.name for i in by_kind["twin"]}
    found: dict[str, Method] = {}
    for item in by_kind["method"]:
        if (service := services.get(item.owner)) is not None:
            place = item.subject
            found[f"{service}.{item.head}"] = Method(
                item.name,
                tuple(sorted(given[place], key=lambda p: p.position or _LAST)),
                results.get(place, ""),
                twins.get(place, ""),
            )
    return found


_LAST = 2**31


def _handlers(hooks: Iterable[Item], items: Iterable[Item]) -> dict[str, tuple[Argument, ...]]:
    """RPC -> the arguments of its handlers, in order."""
    rpcs = {hook.subject: hook.head for hook in hooks}
    found: dict[str, list[tuple[int, Argument]]] = {rpc: [] for rpc in rpcs.values()}
    for item in items:
        how, _, number = item.parts[0].partition(" ")
        if item.owner in rpcs:
            argument = Argument(item.parts[1], how == "optional")
            found[rpcs[item.owner]].append((int(number), argument))
    return {rpc: tuple(a for _, a in sorted(found[rpc])) for rpc in found}


FRESH = recorded(NOTHING)
"""Nothing recorded: an SDK that is new, or a surface that is taken anew."""
