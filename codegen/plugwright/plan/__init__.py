"""`Schema` and `Settings` in, `Plan` out: every decision about the Python that is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import Problems
from ..protos.schema import File, Schema, references
from ..settings.tables import Settings
from . import checks, launch, package, reused, servicers
from .clients import ClientPlanner, class_name
from .hooks import HookPlanner
from .kinds import Kinds, TypeNames
from .methods import MethodPlanner, find_service
from .models import ModelPlanner
from .naming import generated_files, type_names
from .nodes import HookPlan, ModulePlan, Plan
from .secrets import secrets


def plan(schema: Schema, settings: Settings) -> Plan:
    """The plan of one SDK. Raises GenerationError with every problem found."""
    problems = Problems()
    checks.protos(schema)
    files = generated_files(schema)
    own = type_names(files)
    types = own | reused.type_names(schema)
    taken = reused.find(files, schema)
    kinds = Kinds(types, schema)
    models = ModelPlanner(types, kinds, secrets(settings.fields), problems)
    modules = [m for f in files for m in models.modules(f)]
    methods = MethodPlanner(schema, settings, types, kinds, problems)
    clients = ClientPlanner(methods, settings, problems)
    modules += clients.modules(schema.services)
    modules += servicers.modules(schema.services, methods)
    hooks: tuple[HookPlan, ...] = ()
    if (service := find_service(schema, settings.hooks.service)) is not None:
        planner = HookPlanner(methods, settings, problems)
        modules += planner.modules(service)
        hooks = planner.plans
    modules += launch.modules(settings)
    for problem in checks.settings(schema, settings, bool(hooks)):
        problems.add(*problem)
    served = ""
    if not hooks and (service := launch.served(settings, schema)) is not None:
        modules += launch.service_modules(service, methods)
        served = methods.services[service.full_name].servicer
    exports = tuple(package.model_exports(modules))
    modules += [
        package.index(_registered(own, schema), settings.protos.nesting, taken.types),
        package.descriptors(_with_imports(files, schema, taken.files), taken.files),
        *reused.modules(taken, types),
        package.namespace("models/__init__.py", "Every model of the protos.", exports),
        package.converters(modules),
        package.root(
            settings,
            clients.exports,
            bool(hooks),
            bool(taken.types),
            _used(own, schema),
        ),
        package.typed_marker(),
    ]
    modules += list(package.extra_modules(settings, modules, problems))
    if settings.file:
        modules += package.project(settings, schema.services, hooks, served)
    _check(schema, settings, methods, problems)
    problems.raise_if_any()
    modules = _with_unchecked(modules, _broken_rules(schema))
    return Plan(settings.sdk.package, tuple(modules), tuple(clients.methods), hooks)


def _used(types: Mapping[str, TypeNames], schema: Schema) -> Iterator[str]:
    """The types of the fields of the generated messages, by full name."""
    for name in types:
        if (message := schema.messages.get(name)) is not None:
            yield from references(message)


def _registered(types: Mapping[str, TypeNames], schema: Schema) -> dict[str, TypeNames]:
    """The messages and enums; a class that is only a namespace of some is neither."""
    return {n: t for n, t in types.items() if n in schema.messages or n in schema.enums}


def _check(schema: Schema, settings: Settings, methods: MethodPlanner, problems: Problems) -> None:
    """A problem for every setting that names nothing."""
    _check_client(schema, settings, methods, problems)
    services = ", ".join(sorted(s.name for s in schema.services)) or "none"
    for key in ("api", "hooks", "launch"):
        name: str = getattr(settings, key).service
        found = [s for s in schema.services if name in (s.name, s.full_name)]
        if name and not found:
            text = f"there is no service {name!r}; the protos have: {services}"
            problems.add(settings.where(f"{key}.service"), text)
        if len(found) > 1 and name not in (s.full_name for s in found):
            full_names = " or ".join(s.full_name for s in found)
            text = f"{name!r} names several services; say which: {full_names}"
            problems.add(settings.where(f"{key}.service"), text)
    fields = [f"{m.name}.{f.name}" for m in schema.messages.values() for f in m.fields]
    methods.defaults.report_unused(problems, settings, "parameters.defaults", fields)
    methods.json.report_unused(problems, settings, "fields.json", fields)
    rpcs = [m.name for s in schema.services for m in s.methods]
    methods.nullable.report_unused(problems, settings, "api.nullable", rpcs)


def _check_client(
    schema: Schema, settings: Settings, methods: MethodPlanner, problems: Problems
) -> None:
    """A problem if the configured name of the client is that of something else."""
    name = settings.api.client
    others = [s for s in schema.services if s is not methods.api]
    taken = {methods.services[s.full_name].client for s in others}
    taken |= {class_name(client, is_async=True) for client in taken}
    if name and {name, class_name(name, is_async=True)} & (taken | package.ROOT_NAMES):
        text = f"{name!r} cannot name the client: it is taken; choose another"
        problems.add(settings.where("api.client"), text)


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
