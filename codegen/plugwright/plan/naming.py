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


def type_names(files: Iterable[File]) -> dict[str, TypeNames]:
    """Model class and converters of every generated message and enum."""
    found: dict[str, TypeNames] = {}
    files = [f for f in files if f.messages or f.enums]
    modules = names.modules({f.name: names.module(f.name) for f in files})
    for file in files:
        module = modules[file.name]
        FileNames(f".models.{module}", f"._convert.{module}", found).add(file)
    return found


def exported(types: Iterable[TypeNames]) -> frozenset[str]:
    """What the package of all models has: top-level names that no two modules share, nor one has
    for its own name."""
    symbols = [s for t in types for s in (t.model, *(o.union for o in t.oneofs.values()))]
    own = [s for s in symbols if s.module.startswith(".") and "." not in s.name]
    modules = {s.module.rpartition(".")[2] for s in own}
    counts = Counter(s.name for s in own)
    return frozenset(name for name in counts if counts[name] == 1 and name not in modules)


class ServiceNames(NamedTuple):
    """`module`: the one of its client and of its servicer; `client`, `servicer`: the classes."""

    module: str
    client: str
    servicer: str


def service_names(
    services: Iterable[Service], clients: Mapping[str, str]
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
    modules = names.modules(wanted)
    found: dict[str, ServiceNames] = {}
    for service in services:
        full_name, python = service.full_name, names.type_name(service.name)
        client = clients.get(full_name) or f"{python}Client"
        module = modules[full_name]
        found[full_name] = ServiceNames(module, client, f"{python}Servicer")
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
    ) -> None:
        self.models = models
        self.converters = converters
        self.found = found
        self.functions: set[str] = set() if functions is None else functions
        self.top_level: set[str] = set()

    def add(self, file: File) -> None:
        self.top_level = {names.type_name(m.path[0]) for m in file.messages}
        self.top_level |= {names.type_name(e.path[0]) for e in file.enums}
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
            names.enum_members(enum.path[-1], tuple(v.name for v in enum.values)),
            {},
        )

    def _oneofs(self, message: Message, path: tuple[str, ...]) -> dict[str, OneofNames]:
        """A oneof called as something beside it gets `Oneof` behind its name."""
        beside = {names.type_name(m.path[-1]) for m in message.messages}
        beside |= {names.type_name(e.path[-1]) for e in message.enums}
        beside |= {names.attribute(f.name) for f in message.fields}
        beside |= {names.attribute(o.name) for o in message.oneofs}
        found: dict[str, OneofNames] = {}
        for oneof in message.oneofs:
            holder = _unused(names.type_name(names.camel(oneof.name)), beside)
            union = _unused("".join(path) + names.camel(oneof.name), self.top_level)
            cases = names.cases({f.name: f.number for f in oneof.fields})
            found[oneof.name] = OneofNames(holder, Symbol(self.models, union), cases)
        return found

    def _function(self, name: str) -> str:
        """A private function name: `A.B` and `A_B` must not meet, and nobody relies on it."""
        while name in self.functions:
            name += "_"
        self.functions.add(name)
        return name


def _unused(name: str, taken: set[str]) -> str:
    """`name`, or `nameOneof` and so on; notes it in `taken`."""
    while name in taken:
        name += "Oneof"
    taken.add(name)
    return name
