"""Where does each message and enum live in the generated package, under which name?

Schema in, a `TypeNames` per full name out. One module per proto file; nested types are nested
classes. That no two become the same class is checked before (`checks.classes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..protos.schema import Enum, File, Message, Schema, Service, references, walk
from ..python import names
from ..python.symbols import Symbol
from ..surface.recorded import FRESH, Oneof, Recorded
from .kinds import WELL_KNOWN, OneofNames, TypeNames

# Python stops at 100 levels of indentation; a class body with a method needs three more.
MAX_NESTING = 90


def generated_files(schema: Schema) -> tuple[File, ...]:
    """The target files and the files whose types they refer to, dependencies first.

    None is among them that another package has.
    """
    by_name = {f.name: f for f in schema.files}
    wanted: set[str] = set()
    todo = [f.name for f in schema.targets]
    while todo:
        name = todo.pop()
        if name not in wanted and not by_name[name].reused:
            wanted.add(name)
            todo += sorted(_referenced_files(by_name[name], schema) - wanted)
    return tuple(f for f in schema.files if f.name in wanted)


def _referenced_files(file: File, schema: Schema) -> set[str]:
    return {schema.declared(t).file for t in referenced_types(file)}


def referenced_types(file: File) -> set[str]:
    """The full names of what fields and methods of `file` have as types."""
    types: set[str] = set()
    for message in walk(file.messages):
        types.update(references(message))
    types -= WELL_KNOWN.keys()
    for service in file.services:
        types.update(service.types())
    return types


def type_names(files: Iterable[File], recorded: Recorded) -> dict[str, TypeNames]:
    """Model class and converters of every generated message and enum."""
    found: dict[str, TypeNames] = {}
    files = [f for f in files if f.messages or f.enums]
    wanted = {f.name: names.module(f.name) for f in files}
    modules = names.modules(wanted, _kept_modules(files, wanted, recorded))
    for file in files:
        module = modules[file.name]
        FileNames(f".models.{module}", f"._convert.{module}", found, recorded=recorded).add(file)
    return found


def exported(types: Iterable[TypeNames]) -> frozenset[str]:
    """What the package of all models has: top-level names that no two modules share, nor one has
    for its own name."""
    symbols = [s for t in types for s in (t.model, *(o.union for o in t.oneofs.values()))]
    own = [s for s in symbols if s.module.startswith(".") and "." not in s.name]
    modules = {s.module.rpartition(".")[2] for s in own}
    counts = Counter(s.name for s in own)
    return frozenset(name for name in counts if counts[name] == 1 and name not in modules)


def _kept_modules(
    files: Iterable[File], wanted: Mapping[str, str], recorded: Recorded
) -> dict[str, str]:
    """The modules that stay: a file has the one that most of its types had.

    If several files had one together, it is that of the file called so, or of the first.
    """
    found: dict[str, str] = {}
    for file in files:
        had = Counter(
            place.module
            for name in (*(m.full_name for m in file.messages), *(e.full_name for e in file.enums))
            if (place := recorded.types.get(name)) is not None
        )
        if had:
            found[file.name] = min(had, key=lambda m: (-had[m], m != wanted[file.name], m))
    owners: dict[str, str] = {}
    for name in sorted(found, key=lambda f: (found[f] != wanted[f], f)):
        owners.setdefault(found[name], name)
    return {name: module for module, name in owners.items()}


class Moved(NamedTuple):
    """A class or union that is still found in the module where it was; `now`: where it is."""

    module: str
    now: Symbol


def moved(types: Mapping[str, TypeNames], recorded: Recorded) -> tuple[Moved, ...]:
    """What was in other modules before; nothing where something else is called so now."""
    here = {(t.model.module, t.model.name) for t in types.values()}
    here |= {(o.union.module, o.union.name) for t in types.values() for o in t.oneofs.values()}
    found: list[Moved] = []
    for full_name, place in recorded.types.items():
        python = types.get(full_name)
        module = f".models.{place.module}"
        if python is None or module == python.model.module:
            continue
        symbols = tuple(o.union for o in python.oneofs.values())
        if "." not in place.name and place.name == python.model.name:
            symbols = (python.model, *symbols)
        found += [Moved(module, s) for s in symbols if (module, s.name) not in here]
    return tuple(found)


class ServiceNames(NamedTuple):
    """`module`: the one of its client and of its servicer; `client`, `servicer`: the classes."""

    module: str
    client: str
    servicer: str


def service_names(
    services: Iterable[Service], clients: Mapping[str, str], recorded: Recorded
) -> dict[str, ServiceNames]:
    """The names of each service by its full name; `clients`: configured names of clients.

    A module is named as its service in snake_case; services that would share one are called by
    their full names.
    """
    services = tuple(services)
    short = {s.full_name: names.snake(s.name) for s in services}
    shared = Counter(short.values())
    wanted = {
        full_name: names.submodule(
            name if shared[name] == 1 else names.snake(full_name.replace(".", "_"))
        )
        for full_name, name in short.items()
    }
    had = recorded.clients
    modules = names.modules(wanted, {n: had[n].module for n in wanted if n in had})
    found: dict[str, ServiceNames] = {}
    for service in services:
        full_name, python = service.full_name, names.type_name(service.name)
        client, servicer = f"{python}Client", f"{python}Servicer"
        if full_name in had:
            client = had[full_name].name
        if full_name in recorded.servicers:
            servicer = recorded.servicers[full_name].name
        client = clients.get(full_name) or client
        found[full_name] = ServiceNames(modules[full_name], client, servicer)
    return found


class FileNames:
    """Names the types of one file, in the modules `models` and `converters`.

    `functions`: names of converters that are taken, if several files share a module.
    """

    def __init__(
        self,
        models: str,
        converters: str,
        found: dict[str, TypeNames],
        functions: set[str] | None = None,
        recorded: Recorded = FRESH,
    ) -> None:
        self.models = models
        self.converters = converters
        self.found = found
        self.functions: set[str] = set() if functions is None else functions
        self.recorded = recorded
        self.top_level: set[str] = set()

    def add(self, file: File) -> None:
        self.top_level = {names.type_name(m.path[0]) for m in file.messages}
        self.top_level |= {names.type_name(e.path[0]) for e in file.enums}
        # What stays is taken first, so that nothing new has its name.
        self.unions = {o.union for m in walk(file.messages) for o in self._had(m).values()}
        for enum in file.enums:
            self._enum(enum, ())
        for message in file.messages:
            self._message(message, ())

    def _message(self, message: Message, outer: tuple[str, ...]) -> None:
        path = (*outer, names.type_name(message.name))
        self.found[message.full_name] = TypeNames(
            Symbol(self.models, ".".join(path)),
            Symbol(self.converters, self._function("read_" + "_".join(path))),
            Symbol(self.converters, self._function("write_" + "_".join(path))),
            {},
            self._oneofs(message, path),
        )
        for enum in message.enums:
            self._enum(enum, path)
        for nested in message.messages:
            self._message(nested, path)

    def _enum(self, enum: Enum, outer: tuple[str, ...]) -> None:
        path = (*outer, names.type_name(enum.path[-1]))
        table = Symbol(self.converters, self._function("E_" + "_".join(path)))
        self.found[enum.full_name] = TypeNames(
            Symbol(self.models, ".".join(path)),
            table,
            table,
            names.enum_members(
                enum.path[-1],
                tuple(v.name for v in enum.values),
                self.recorded.members.get(enum.full_name, {}),
            ),
            {},
        )

    def _oneofs(self, message: Message, path: tuple[str, ...]) -> dict[str, OneofNames]:
        """A oneof called as something beside it gets `Oneof` behind its name."""
        if not message.oneofs:
            return {}
        beside = _beside(message)
        found: dict[str, OneofNames] = {}
        had = self._had(message)
        beside |= {o.holder for o in had.values()}
        for oneof in message.oneofs:
            kept = had.get(oneof.name)
            holder = kept.holder if kept else _unused(_holder(oneof.name), beside)
            union = kept.union if kept else ""
            if not kept or union in self.top_level:
                taken = self.top_level | self.unions
                union = _unused("".join(path) + names.camel(oneof.name), taken)
            self.top_level.add(union)
            cases = names.cases(
                {f.name: f.number for f in oneof.fields}, kept.cases if kept else {}
            )
            found[oneof.name] = OneofNames(holder, Symbol(self.models, union), cases)
        return found

    def _had(self, message: Message) -> Mapping[str, Oneof]:
        """The names that oneofs of a message have already, and that nothing beside them has."""
        had = self.recorded.oneofs.get(message.full_name)
        if not had:
            return {}
        beside = _beside(message)
        kept = {o.name: had[o.name] for o in message.oneofs if o.name in had}
        return {name: oneof for name, oneof in kept.items() if oneof.holder not in beside}

    def _function(self, name: str) -> str:
        """A private function name: `A.B` and `A_B` must not meet, and nobody relies on it."""
        while name in self.functions:
            name += "_"
        self.functions.add(name)
        return name


def _beside(message: Message) -> set[str]:
    """What a class has that its oneofs cannot be called."""
    return {
        *(names.type_name(m.path[-1]) for m in message.messages),
        *(names.type_name(e.path[-1]) for e in message.enums),
        *(names.attribute(f.name) for f in message.fields),
        *(names.attribute(o.name) for o in message.oneofs),
    }


def _holder(oneof: str) -> str:
    return names.type_name(names.camel(oneof))


def _unused(name: str, taken: set[str]) -> str:
    """`name`, or `nameOneof` and so on; notes it in `taken`."""
    while name in taken:
        name += "Oneof"
    taken.add(name)
    return name
