"""`Schema` and `Settings` in, `Plan` out: every decision about the Python that is written."""

from __future__ import annotations

from collections.abc import Iterator

from ..kinds import Kinds
from ..problems import Problems
from ..schema import File, Schema
from ..settings import Patterns, Settings
from . import launch, package, servicers
from .clients import ClientPlanner
from .hooks import HookPlanner
from .methods import MethodPlanner, find_service
from .models import ModelPlanner
from .modules import HookPlan, ModulePlan, Plan
from .naming import generated_files, type_names


def plan(schema: Schema, settings: Settings) -> Plan:
    """The plan of one SDK. Raises GenerationError with every problem found."""
    problems = Problems()
    files = generated_files(schema)
    types = type_names(files, problems)
    problems.raise_if_any()
    kinds = Kinds(types, schema)
    secrets = Patterns(settings.fields.secret)
    models = ModelPlanner(types, kinds, secrets, problems)
    modules = [m for f in files for m in models.modules(f)]
    fields = [f"{m.name}.{f.name}" for m in schema.messages.values() for f in m.fields]
    methods = MethodPlanner(schema, settings, types, kinds, problems)
    clients = ClientPlanner(methods, settings, problems)
    modules += clients.modules(schema.services)
    modules += servicers.modules(schema.services, methods)
    hooks: tuple[HookPlan, ...] = ()
    if (service := find_service(schema, settings.hooks.service)) is not None:
        planner = HookPlanner(methods, settings, problems)
        modules += planner.modules(service)
        hooks = planner.plans
    modules += launch.modules(settings, bool(hooks), problems)
    secrets.report_unused(problems, settings, "fields.secret", fields)
    exports = tuple(package.model_exports(modules))
    modules += [
        package.index(types),
        package.descriptors(_with_imports(files, schema)),
        package.namespace("models/__init__.py", "Every model of the protos.", exports),
        package.plain("_convert/__init__.py", "Converters; an implementation detail."),
        package.root(settings, clients.exports, bool(hooks)),
        package.typed_marker(),
    ]
    modules += list(package.extra_modules(settings, modules, problems))
    if settings.file:
        modules += package.project(settings, schema.services, hooks)
    _check(schema, settings, methods, problems)
    problems.raise_if_any()
    modules = _with_unchecked(modules, _broken_rules(schema))
    return Plan(settings.sdk.package, tuple(modules), tuple(clients.methods), hooks)


def _check(
    schema: Schema, settings: Settings, methods: MethodPlanner, problems: Problems
) -> None:
    """A problem for every setting that names nothing."""
    client = settings.api.client
    if client and (not client.isidentifier() or client in package.ROOT_NAMES):
        text = f"{client!r} cannot name the client: it is taken, or no name for a class"
        problems.add(settings.where("api.client"), f"{text}; choose another")
    services = ", ".join(sorted(s.name for s in schema.services)) or "none"
    for key in ("api", "hooks"):
        name: str = getattr(settings, key).service
        found = [s for s in schema.services if name in (s.name, s.full_name)]
        if name and not found:
            text = f"there is no service {name!r}; the protos have: {services}"
            problems.add(settings.where(f"{key}.service"), text)
        if len(found) > 1 and name not in (s.full_name for s in found):
            full_names = " or ".join(s.full_name for s in found)
            text = f"{name!r} names several services; say which: {full_names}"
            problems.add(settings.where(f"{key}.service"), text)
    if settings.error.message and not methods.error_type:
        text = f"there is no message {settings.error.message!r}; give its simple or full name"
        problems.add(settings.where("error.message"), text)
    fields = [f"{m.name}.{f.name}" for m in schema.messages.values() for f in m.fields]
    methods.defaults.report_unused(problems, settings, "parameters.defaults", fields)
    methods.json.report_unused(problems, settings, "fields.json", fields)
    rpcs = [m.name for s in schema.services for m in s.methods]
    methods.nullable.report_unused(problems, settings, "api.nullable", rpcs)


def _broken_rules(schema: Schema) -> tuple[str, ...]:
    """The rules of pyright's strict mode that names of the protos break.

    They are about style: a field named `FOO` is no constant, one named `_x` not private.
    """
    fields = [f.name for m in schema.messages.values() for f in m.fields]
    types = [*schema.messages, *schema.enums, *(s.full_name for s in schema.services)]
    rules: list[str] = []
    if any(name.isupper() for name in fields):
        rules.append("reportConstantRedefinition")
    private = any(name.startswith("_") for name in fields)
    if private or any("._" in f".{name}" for name in types):
        rules += ["reportPrivateUsage", "reportUnusedClass"]
    return tuple(rules)


def _with_unchecked(
    modules: list[ModulePlan], rules: tuple[str, ...]
) -> list[ModulePlan]:
    if not rules:
        return modules
    return [m._replace(unchecked=(*m.unchecked, *rules)) for m in modules]


def _with_imports(files: tuple[File, ...], schema: Schema) -> Iterator[File]:
    """`files` and all they import: what a descriptor pool needs to load them."""
    by_name = {f.name: f for f in schema.files}
    todo = [f.name for f in files]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            yield by_name[name]
            todo += by_name[name].dependencies
