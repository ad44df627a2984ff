"""What do the tables [error] and [errors] say?

Settings and schema in, one `Convention` per service out. A table that does not fit the protos says
nothing here, for `checks.errors` has refused it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import NamedTuple

from ..protos.schema import EnumKind, Message, Method, Schema, Service, called
from ..settings.tables import Error, Settings
from .conventions import NO_CONVENTION, STYLES, Convention


class Table(NamedTuple):
    """`key`: as in the config; `services`: those that it speaks of, and `methods` of them; of a
    table for single RPCs there are no services.
    """

    key: str
    error: Error
    services: tuple[Service, ...]
    methods: tuple[Method, ...]


def conventions(schema: Schema, settings: Settings) -> Mapping[str, Convention]:
    """The convention of each service, by its full name."""
    told = {s.full_name: NO_CONVENTION for s in schema.services}
    alone: dict[str, list[tuple[str, Convention]]] = {}
    for table in tables(schema, settings):
        made = convention(table.error, schema)
        told |= {service.full_name: made for service in table.services}
        for method in () if table.services else table.methods:
            service = method.full_name.rpartition(".")[0]
            alone.setdefault(service, []).append((method.name, made))
    return {name: made._replace(rpcs=tuple(alone.get(name, ()))) for name, made in told.items()}


def tables(schema: Schema, settings: Settings) -> Iterator[Table]:
    """Each table [errors.…] with its service or RPC, and [error] with what none of them names."""
    named: set[str] = set()
    alone = {m.full_name for name in settings.errors for m in rpcs(schema, name)}
    for name, error in settings.errors.items():
        services = called(schema.services, name)
        if len(services) == 1:
            named.add(services[0].full_name)
            yield _table(f"errors.{name}", error, services, alone)
        elif found := rpcs(schema, name):
            yield Table(f"errors.{name}", error, (), found)
    if settings.error is not None:
        others = tuple(s for s in schema.services if s.full_name not in named)
        yield _table("error", settings.error, others, alone)


def _table(key: str, error: Error, services: tuple[Service, ...], alone: Container[str]) -> Table:
    methods = (m for s in services for m in s.methods)
    return Table(key, error, services, tuple(m for m in methods if m.full_name not in alone))


def rpcs(schema: Schema, name: str) -> tuple[Method, ...]:
    """The RPC that `Service.Rpc` means, in full or not; none if it means none or several."""
    service, _, rpc = name.rpartition(".")
    if called(schema.services, name):
        return ()
    found = tuple(m for s in called(schema.services, service) for m in s.methods if m.name == rpc)
    return found if len(found) == 1 else ()


def messages(schema: Schema, name: str) -> tuple[str, ...]:
    """The full names of the messages that `name` may mean, as `called` finds services."""
    if name in schema.messages:
        return (name,)
    return tuple(n for n in schema.messages if n.rpartition(".")[2] == name)


def convention(error: Error, schema: Schema) -> Convention:
    """What a table says."""
    style = STYLES.get(error.style)
    if style is None:
        return NO_CONVENTION
    keys = {k: getattr(error, k) or default for k, default in style.keys.items()}
    type_ = ""
    if "message" in keys:
        found = messages(schema, error.message)
        if len(found) != 1:
            return NO_CONVENTION
        type_ = found[0]
    numbers: tuple[int, ...] = ()
    if "failing" in keys:
        values = severities(schema, schema.messages[type_], keys["severity"])
        numbers = tuple(values[n] for n in keys["failing"] if n in values)
    return Convention(error.style, keys, type_, numbers, error.embed_all, error.statuses)


def severities(schema: Schema, diagnostic: Message, name: str) -> Mapping[str, int]:
    """The values of the field `name`, which says how bad a diagnostic is; none if it does not."""
    for field in diagnostic.fields:
        if field.name == name and field.oneof is None and isinstance(field.kind, EnumKind):
            return {v.name: v.number for v in schema.enums[field.kind.enum].values}
    return {}
