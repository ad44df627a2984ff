"""`Schema` and `Settings` in, `Plan` out: every decision about the Python that is written."""

from __future__ import annotations

from collections.abc import Iterator

from ..protos.schema import Schema, references
from ..settings.tables import Settings
from . import checks, clients, hooks, launch, models, package, registry, reused, servicers
from .context import Context, made
from .naming import generated_files
from .nodes import ModulePlan, Plan


def plan(schema: Schema, settings: Settings) -> Plan:
    """The plan of one SDK. Raises GenerationError with every problem found."""
    files = generated_files(schema)
    checks.protos((*files, *(f for f in schema.files if f.reused)))
    context = made(schema, settings, files)
    checks.settings(context)
    called = clients.plan(context)
    answered = hooks.plan(context)
    modules = [
        *models.modules(context),
        *called.modules,
        *servicers.modules(context),
        *answered.modules,
        *launch.modules(settings),
        *launch.service_modules(context),
        *registry.modules(context),
        *reused.modules(context.reused, context.types),
        package.root(
            settings,
            called.exports,
            bool(answered.plans),
            bool(context.reused.types),
            _used(context),
        ),
        package.typed_marker(),
        *package.extra_modules(settings),
    ]
    if settings.file:
        served = context.services[context.served.full_name].servicer if context.served else ""
        modules += package.project(settings, schema.services, answered.plans, served)
    modules = _with_unchecked(modules, _broken_rules(schema))
    return Plan(settings.sdk.package, tuple(modules), called.methods, answered.plans)


def _used(context: Context) -> Iterator[str]:
    """The types of the fields of the generated messages, by full name."""
    for name in context.own:
        if (message := context.schema.messages.get(name)) is not None:
            yield from references(message)


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
