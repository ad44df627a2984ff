"""Which part of the protos becomes an SDK? `Schema` and `Settings` in, the selected `Schema` out.

A selection names services; what they need is what their methods' requests and responses reach
through fields, in any depth, and the messages of errors. All else is left out everywhere: no
model, no converter, no descriptor, no entry in the registry. A message that only holds a needed
one stays as its namespace: a class, but no model. A file with nothing left is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from ..problems import Location, Problems, fail
from ..settings.patterns import Patterns, unmatched
from ..settings.tables import Select, Settings
from . import reuse
from .embedded import extension_types, pruned
from .schema import (
    WELL_KNOWN_PACKAGE,
    Enum,
    File,
    Message,
    Schema,
    Service,
    called,
    references,
    walk,
)

NOTHING_SELECTED = Settings().select


def select(schema: Schema, settings: Settings) -> Schema:
    """The part of `schema` that [select] asks for; all of it if there is no such table.

    What [reuse] names is marked. Raises GenerationError if a pattern matches nothing, or if nothing
    is left: an SDK of nothing would take the place of one that somebody needs.
    """
    marked = reuse.mark(schema, settings)
    selected = _selected(marked, settings)
    reuse.check(selected, settings)
    if not any(f.messages or f.enums or f.services for f in _own(selected)):
        text = "there is nothing to generate: no message, enum or service"
        where = Location(settings.file or settings.sdk.package)
        raise fail(where, f"{text}; check which protos are named and selected")
    return selected


def _own(schema: Schema) -> Iterator[File]:
    """The files to be generated whose types no other package has."""
    return (f for f in schema.targets if not f.reused)


def _selected(schema: Schema, settings: Settings) -> Schema:
    wanted = settings.select
    if wanted == NOTHING_SELECTED:
        return schema
    problems = Problems()
    services = _services(schema, settings, problems)
    extra = _extra(schema, settings, problems)
    problems.raise_if_any()
    if not wanted.prune:
        names = frozenset(s.full_name for s in services)
        return schema._replace(files=tuple(_served(f, names) for f in schema.files))
    return _Pruning(schema, services, [*extra, *_errors(schema, settings)]).schema()


def _services(schema: Schema, settings: Settings, problems: Problems) -> tuple[Service, ...]:
    """The chosen services; every one, if none is named."""
    wanted: Select = settings.select
    if not wanted.services:
        return schema.services
    patterns = Patterns(wanted.services)
    found = tuple(s for s in schema.services if _matches(patterns, s.full_name, s.name))
    known = (s.full_name for s in schema.services)
    asked = (name for s in schema.services for name in (s.full_name, s.name))
    for problem in unmatched(settings, "select.services", wanted.services, asked, known):
        problems.add(*problem)
    for key in ("api", "hooks"):
        name: str = getattr(settings, key).service
        if called(schema.services, name) and not called(found, name):
            text = f"{name!r} is not one of the services in [select]; add it there"
            problems.add(settings.where(f"{key}.service"), text)
    return found


def _extra(schema: Schema, settings: Settings, problems: Problems) -> list[str]:
    """The messages and enums to keep whether or not a service needs them."""
    patterns = Patterns(settings.select.messages)
    types: list[Message | Enum] = [*schema.messages.values(), *schema.enums.values()]
    found = [t.full_name for t in types if _matches(patterns, t.full_name, ".".join(t.path))]
    known = (t.full_name for t in types)
    asked = (name for t in types for name in (t.full_name, ".".join(t.path)))
    for problem in unmatched(settings, "select.messages", settings.select.messages, asked, known):
        problems.add(*problem)
    return found


def _matches(patterns: Patterns, full_name: str, short: str) -> bool:
    return full_name in patterns or short in patterns


def _errors(schema: Schema, settings: Settings) -> Iterator[str]:
    """The messages that errors are made of; some arrive in a status, so no RPC names them."""
    conventions = [*settings.errors.values(), settings.error]
    wanted = {c.message for c in conventions if c is not None and c.message}
    for full_name in schema.messages:
        if not wanted.isdisjoint((full_name, full_name.rpartition(".")[2])):
            yield full_name


def _served(file: File, names: frozenset[str]) -> File:
    services = tuple(s for s in file.services if s.full_name in names)
    return file._replace(services=services)


class _Pruning:
    """Leaves out what neither `services` nor the types called `extra` reach."""

    def __init__(self, whole: Schema, services: Iterable[Service], extra: Iterable[str]) -> None:
        self.whole = whole
        services = tuple(services)
        self.services = frozenset(s.full_name for s in services)
        self.types = _reached(whole, chain(*(s.types() for s in services), extra))

    def schema(self) -> Schema:
        """The pruned schema, in the order of the whole one."""
        files = map(self._file, self.whole.files)
        left = tuple(f for f in files if f.messages or f.enums or f.services)
        messages = {m.full_name: m for f in left for m in walk(f.messages) if not m.namespace}
        enums = {n: e for n, e in self.whole.enums.items() if n in self.types}
        return Schema(left, messages, enums)

    def _file(self, file: File) -> File:
        messages = self._messages(file.messages)
        served = _served(file, self.services)
        kept = served._replace(messages=messages, enums=self._enums(file.enums))
        if file.package == WELL_KNOWN_PACKAGE and not file.dependencies:
            return kept  # whole on the wire: what is in an Any may be any of them
        imports = sorted(self._imports(kept))
        wire = pruned(file.wire, self.types | self.services, imports)
        extended = file.extended
        if extended:
            extended = pruned(extended, self.types | self.services, imports)
        return kept._replace(
            dependencies=tuple(imports),
            wire=wire,
            extended=extended if extended != wire else b"",
        )

    def _messages(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        found = map(self._kept, messages)
        return tuple(m for m in found if not m.namespace or m.messages or m.enums)

    def _kept(self, message: Message) -> Message:
        """The message with what is left inside; a namespace if it is not needed itself."""
        inner = self._messages(message.messages)
        enums = self._enums(message.enums)
        if message.full_name in self.types:
            return message._replace(messages=inner, enums=enums)
        return message._replace(fields=(), oneofs=(), messages=inner, enums=enums, namespace=True)

    def _enums(self, enums: Iterable[Enum]) -> tuple[Enum, ...]:
        return tuple(e for e in enums if e.full_name in self.types)

    def _imports(self, file: File) -> set[str]:
        """The other files whose types this one refers to."""
        types = {t for s in file.services for t in s.types()}
        types |= extension_types(file.extended, self.types)
        types |= {t for m in walk(file.messages) for t in references(m)}
        return {self.whole.declared(t).file for t in types} - {file.name}


def _reached(schema: Schema, roots: Iterable[str]) -> frozenset[str]:
    """The full names of `roots` and of all types their fields lead to."""
    reached: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            if name in schema.messages:
                todo += references(schema.messages[name])
    return frozenset(reached)
