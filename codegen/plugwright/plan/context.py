"""What does every planner know? `Schema` and `Settings` in, one frozen `Context` out.

What is looked up more than once is decided here: the services that play a part, all names, how
calls fail, and which patterns are configured. Nothing here reports a problem; `checks` does, with
the same context.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..protos.schema import Field, File, Message, Method, Scalar, ScalarKind, Schema, Service
from ..python import names
from ..settings.patterns import Patterns
from ..settings.tables import Settings
from ..surface.recorded import FRESH, Recorded
from . import reused
from .conventions import Convention
from .error_tables import conventions
from .kinds import Kinds, TypeNames, kinds
from .naming import Moved, ServiceNames, exported, moved, service_names, type_names
from .reused import Reused
from .secrets import Secrets, secrets


class Rules(NamedTuple):
    """The patterns of the settings, ready to be asked.

    Those of `Message.field`: `defaults`, `absent`, `json`; of RPCs: `nullable`; of fields: `omit`.
    """

    defaults: Patterns
    absent: Patterns
    json: Patterns
    nullable: Patterns
    omit: Patterns


class Context(NamedTuple):
    """What planners share.

    `files`: those that models are written for, dependencies first; `reused`: what they take from
    other packages. `types`: names of messages and enums, `services` of services, `methods` of RPCs,
    by full name; `exported`: what the package of all models has. `conventions`: how a service says
    that a call failed, by its full name; `payloads`: the fields of an RPC's response that do not.
    `api`, `hooks`, `served`: the services that plugins call, that they answer hook by hook, and
    whose servicers they subclass. `recorded`: what users have seen so far; `moved`: what is found
    in other modules too, where it was before.
    """

    schema: Schema
    settings: Settings
    files: tuple[File, ...]
    reused: Reused
    types: Mapping[str, TypeNames]
    exported: frozenset[str]
    kinds: Kinds
    services: Mapping[str, ServiceNames]
    methods: Mapping[str, str]
    conventions: Mapping[str, Convention]
    payloads: Mapping[str, tuple[Field, ...]]
    api: Service | None
    hooks: Service | None
    served: tuple[Service, ...]
    rules: Rules
    secrets: Secrets
    recorded: Recorded
    moved: tuple[Moved, ...]

    @property
    def own(self) -> Iterator[str]:
        """The full names of the types that this package has."""
        return (name for name, types in self.types.items() if types.model.module.startswith("."))

    def stem(self, file: File) -> str:
        """The module that has the models of a file, and the one that has their converters."""
        first = (file.messages or file.enums)[0]
        return self.types[first.full_name].model.module.rpartition(".")[2]

    def calls(self) -> Iterator[Method]:
        """The RPCs of all services."""
        for service in self.schema.services:
            yield from service.methods

    def is_api(self, method: Method) -> bool:
        """Whether plugins call it."""
        return self.api is not None and self.api.full_name == service_of(method)

    def convention(self, method: Method) -> Convention:
        """How a call of it says that it failed."""
        return self.conventions[service_of(method)].of(method.name)

    def request(self, method: Method) -> Message:
        return self.schema.messages[method.input]

    def response(self, method: Method) -> Message:
        return self.schema.messages[method.output]

    def payload(self, method: Method) -> tuple[Field, ...]:
        """The fields of the response apart from those that tell of a failure."""
        return self.payloads[method.full_name]

    def is_json(self, message: Message, field: Field) -> bool:
        """Whether the field holds JSON text in bytes."""
        return is_bytes(field) and f"{message.name}.{field.name}" in self.rules.json


def made(
    schema: Schema, settings: Settings, files: tuple[File, ...], recorded: Recorded = FRESH
) -> Context:
    """The context of one run; `files`: those that models are written for."""
    types = type_names(files, recorded) | reused.type_names(schema)
    api, hooks = (schema.service(t.service) for t in (settings.api, settings.hooks))
    told = conventions(schema, settings)
    clients = {api.full_name: settings.api.client} if api else {}
    return Context(
        schema=schema,
        settings=settings,
        files=files,
        reused=reused.find(files, schema),
        types=types,
        exported=exported(types.values()),
        kinds=kinds(types, schema),
        services=service_names(schema.services, clients, recorded),
        methods=_method_names(schema, recorded),
        conventions=told,
        payloads=_payloads(schema, told),
        api=api,
        hooks=hooks,
        served=tuple(_served(schema, settings.launch.services, (api, hooks))),
        rules=Rules(
            defaults=Patterns(settings.parameters.defaults),
            absent=Patterns(settings.parameters.absent),
            json=Patterns(settings.fields.json),
            nullable=Patterns(settings.api.nullable),
            omit=Patterns(settings.hooks.omit),
        ),
        secrets=secrets(settings.fields),
        recorded=recorded,
        moved=moved(types, recorded),
    )


def _served(
    schema: Schema, names: Iterable[str], others: Iterable[Service | None]
) -> Iterator[Service]:
    """The services of those names; "*": all but `others`."""
    for name in names:
        if name == "*":
            yield from (s for s in schema.services if s not in others)
        elif (service := schema.service(name)) is not None:
            yield service


def service_of(method: Method) -> str:
    """The full name of the service that has it."""
    return method.full_name.rpartition(".")[0]


def is_bytes(field: Field) -> bool:
    return isinstance(field.kind, ScalarKind) and field.kind.type is Scalar.BYTES


def named(messages: Iterable[Message]) -> Iterator[str]:
    """The fields of all messages, as patterns name them."""
    for message in messages:
        name = message.name
        for field in message.fields:
            yield f"{name}.{field.name}"


def _payloads(
    schema: Schema, conventions: Mapping[str, Convention]
) -> dict[str, tuple[Field, ...]]:
    found: dict[str, tuple[Field, ...]] = {}
    for service in schema.services:
        for method in service.methods:
            response = schema.messages[method.output]
            errors = conventions[service.full_name].of(method.name).fields(response)
            payload = tuple(f for f in response.fields if f not in errors)
            found[method.full_name] = payload if errors else response.fields
    return found


def _method_names(schema: Schema, recorded: Recorded) -> dict[str, str]:
    found: dict[str, str] = {}
    for service in schema.services:
        had = {m.name: h for m in service.methods if (h := recorded.methods.get(m.full_name))}
        kept = {rpc: method.name for rpc, method in had.items()}
        twins = [method.twin for method in had.values() if method.twin]
        named = names.methods((m.name for m in service.methods), kept, twins)
        found |= {f"{service.full_name}.{rpc}": name for rpc, name in named.items()}
    return found
