"""`Schema` and `Settings` in, `Plan` out: every decision about the Python that is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..protos.schema import File, Schema, references
from ..settings.tables import Settings
from . import checks, clients, hooks, launch, package, reused, servicers
from .context import made
from .kinds import Kinds, TypeNames
from .models import ModelPlanner
from .naming import generated_files, type_names
from .nodes import ModulePlan, Plan
from .secrets import secrets


def plan(schema: Schema, settings: Settings) -> Plan:
    """The plan of one SDK. Raises GenerationError with every problem found."""
    checks.protos(schema)
    files = generated_files(schema)
    own = type_names(files)
    types = own | reused.type_names(schema)
    taken = reused.find(files, schema)
    kinds = Kinds(types, schema)
    context = made(schema, settings, types, kinds)
    checks.settings(context)
    models = ModelPlanner(types, kinds, secrets(settings.fields))
    modules = [m for f in files for m in models.modules(f)]
    called = clients.plan(context)
    answered = hooks.plan(context)
    modules += called.modules
    modules += servicers.modules(context)
    modules += answered.modules
    modules += launch.modules(settings)
    modules += launch.service_modules(context)
    exports = tuple(package.model_exports(modules))
    modules += [
        package.index(_registered(own, schema), settings.protos.nesting, taken.types),
        package.descriptors(_with_imports(files, schema, taken.files), taken.files),
        *reused.modules(taken, types),
        package.namespace("models/__init__.py", "Every model of the protos.", exports),
        package.converters(modules),
        package.root(
            settings,
            called.exports,
            bool(answered.plans),
            bool(taken.types),
            _used(own, schema),
        ),
        package.typed_marker(),
    ]
    modules += list(package.extra_modules(settings))
    if settings.file:
        served = context.services[context.served.full_name].servicer if context.served else ""
        modules += package.project(settings, schema.services, answered.plans, served)
    modules = _with_unchecked(modules, _broken_rules(schema))
    return Plan(settings.sdk.package, tuple(modules), called.methods, answered.plans)


def _used(types: Mapping[str, TypeNames], schema: Schema) -> Iterator[str]:
    """The types of the fields of the generated messages, by full name."""
    for name in types:
        if (message := schema.messages.get(name)) is not None:
            yield from references(message)


def _registered(types: Mapping[str, TypeNames], schema: Schema) -> dict[str, TypeNames]:
    """The messages and enums; a class that is only a namespace of some is neither."""
    return {n: t for n, t in types.items() if n in schema.messages or n in schema.enums}


def _broken_rules(schema: Schema) -> tuple[str, ...]:
    """The rules of pyright's strict mode that names of the protos break.

    They are about style: a field named `FOO` is no constant, one named `_x` not private.
    """
    fields = [f.name for m in schema.messages.values() for f in m.fields]
    types = [*schema.messages, *schema.enums, *(s.full_name for s in schema.services)]
    rules: list[str] = []
    if any(name.isupper() for name in fields):
        rules.append("reportConstantRedefinition")
    if _any_deprecated(schema):
        rules.append("reportDeprecated")
    private = any(name.startswith("_") for name in fields)
    if private or any("._" in f".{name}" for name in types):
        rules += ["reportPrivateUsage", "reportUnusedClass"]
    return tuple(rules)


def _any_deprecated(schema: Schema) -> bool:
    """Whether anything is marked for checkers, which would report the SDK's own code."""
    fields = (f for m in schema.messages.values() for f in m.fields)
    methods = (m for s in schema.services for m in s.methods)
    return (
        any(m.deprecated for m in schema.messages.values())
        or any(e.deprecated for e in schema.enums.values())
        or any(s.deprecated for s in schema.services)
        or any(f.deprecated for f in fields)
        or any(m.deprecated for m in methods)
    )


def _with_unchecked(modules: list[ModulePlan], rules: tuple[str, ...]) -> list[ModulePlan]:
    if not rules:
        return modules
    return [m._replace(unchecked=(*m.unchecked, *rules)) for m in modules]


def _with_imports(
    files: tuple[File, ...], schema: Schema, reused: Mapping[str, str]
) -> Iterator[File]:
    """`files` and all they import: what a descriptor pool needs to load them.

    What the files called `reused` import is in the packages that have those.
    """
    by_name = {f.name: f for f in schema.files}
    todo = [*reused, *(f.name for f in files)]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            yield by_name[name]
            todo += () if name in reused else by_name[name].dependencies
