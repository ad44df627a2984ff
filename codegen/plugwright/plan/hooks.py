"""The hooks service becomes HookName, typed `hook` overloads and the table the dispatcher reads.

The context in; `hooks.py`, `plugin.py` and `testing.py` of the SDK out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..protos.schema import Field, MessageKind, Method, Service
from ..python import names, runtime
from ..python.symbols import Code, Expr, Symbol, expr
from . import families, launch
from .clients import class_name
from .context import Context
from .hook_nodes import AccessorPlan, HookPlan, HooksPlan, PluginPlan, TestingPlan
from .hook_types import argument_types
from .kinds import WELL_KNOWN
from .naming import ServiceNames
from .nodes import PythonModule, messages_of

_ACCESSORS = {
    False: (
        "api",
        "The host's API, for plain functions; connected before the first hook runs.",
    ),
    True: ("aio", "The host's API, for coroutines."),
}


class Hooks(NamedTuple):
    """`plans`: for `explain`, and for what the README shows."""

    modules: tuple[PythonModule, ...]
    plans: tuple[HookPlan, ...]


def plan(context: Context) -> Hooks:
    """The hooks of the SDK; nothing, if its plugins have none."""
    if context.hooks is None:
        return Hooks((), ())
    plans = tuple(_hook(m, context) for m in families.hooks(context))
    return Hooks(tuple(_modules(context.hooks, plans, context)), plans)


def _modules(
    service: Service, plans: tuple[HookPlan, ...], context: Context
) -> Iterator[PythonModule]:
    yield PythonModule(
        path="hooks.py",
        template="hooks.py.j2",
        content=_table(service, plans, context),
        doc=f"The hooks of {service.full_name}: names, handler types, registration.",
        defines=("HookName", "HOOKS", "hook", *(f"_{h.name}" for h in plans)),
        declares=tuple(h.name for h in plans),
        lazy=context.exported,
    )
    if context.api is not None:
        api = context.services[context.api.full_name]
        yield _testing(api, context.services[service.full_name], context)
    yield PythonModule(
        path="plugin.py",
        template="plugin.py.j2",
        content=PluginPlan(
            comment=service.comment,
            accessors=_accessors(context),
            runs=_runs(context),
        ),
        doc=f"The base of plugins that answer {service.full_name}, and their process.",
        defines=("Plugin", "run_plugin"),
        declares=tuple(name for name, _ in _ACCESSORS.values()),
        lazy=context.exported,
    )


def _table(service: Service, plans: tuple[HookPlan, ...], context: Context) -> HooksPlan:
    settings, told = context.settings.hooks, context.conventions[service.full_name]
    return HooksPlan(
        service=service.full_name,
        hooks=plans,
        implemented=settings.implemented,
        errors=told.declaration or "None",
        timeout=settings.timeout,
        timeout_env=settings.timeout_env,
        before=settings.before,
    )


def _runs(context: Context) -> Code | None:
    return launch.runs(context, "Plugin") if launch.configured(context.settings) else None


def _accessors(context: Context) -> tuple[AccessorPlan, ...]:
    if context.api is None:
        return ()
    api = context.services[context.api.full_name]
    return tuple(
        AccessorPlan(name, _client(api, is_async), doc)
        for is_async, (name, doc) in _ACCESSORS.items()
        if is_async in context.settings.sdk.flavours
    )


def _testing(api: ServiceNames, hooks: ServiceNames, context: Context) -> PythonModule:
    settings = context.settings
    is_async = False not in settings.sdk.flavours
    content = TestingPlan(
        servicer=Symbol(f".servicers.{api.module}", api.servicer),
        hooks=_client(hooks, is_async),
        is_async=is_async,
        startup=settings.hooks.startup,
        shutdown=settings.hooks.shutdown,
        manifest=settings.launch.manifest,
    )
    return PythonModule(
        path="testing.py",
        template="testing.py.j2",
        content=content,
        doc="Test a plugin without its host: a fake API server and a caller of hooks.",
        defines=("PluginHarness",),
    )


def _client(service: ServiceNames, is_async: bool) -> Symbol:
    name = class_name(service.client, is_async)
    return Symbol(f".clients.{service.module}", name, late=True)


# ---------------------------------------------------------------------- one hook


def _hook(method: Method, context: Context) -> HookPlan:
    settings = context.settings.hooks
    family = families.family(method, context)
    given, optional = ((), 0) if family.name == "http" else arguments(method, context)
    rejects = context.response(method).field(settings.rejected) is not None
    return HookPlan(
        name=names.hook_member(method.name),
        method=method.name,
        snake=names.method(method.name),
        family=family.name,
        arguments=given,
        types=argument_types(context.request(method), given),
        result=families.answers(method, family, context),
        rejects=rejects,
        messages=messages_of(method.full_name, method.input, method.output),
        results=tuple(names.attribute(f.name) for f in family.fields),
        rejected=names.attribute(settings.rejected) if rejects else "",
        dismiss=settings.dismiss.get(method.name, ""),
        error_id=f"plugin.{names.snake(method.name)}.error",
        doc=method.comment,
        rules=(family.rule,),
        optional=optional,
    )


def arguments(method: Method, context: Context) -> tuple[tuple[tuple[str, Expr, str], ...], int]:
    """(name, type, how it is read from the request) of each handler parameter, and how many of them
    joined after there had been handlers: those stand last.
    """
    given = {  # a oneof once, for all its fields
        families.source(field): _argument(method, field, context)
        for field in families.arguments(method, context)
    }
    had = context.recorded.handlers.get(method.name)
    if had is None:
        return tuple(given.values()), 0
    order = [a.source for a in had if a.source in given]
    order += [source for source in given if source not in order]
    required = {a.source for a in had if not a.optional}
    return tuple(given[s] for s in order), sum(s not in required for s in order)


def _argument(method: Method, field: Field, context: Context) -> tuple[str, Expr, str]:
    if field.oneof is not None:
        union = context.types[method.input].oneofs[field.oneof].union
        return names.attribute(field.oneof), expr(union, " | None"), "value"
    name = names.attribute(field.name)
    inner = families.wrapped(field, context)
    if inner is not None and context.is_json(*inner):
        return name, expr(runtime.JSONObject), f"json:{names.attribute(inner[1].name)}"
    if _is_plain_message(field):
        return name, context.kinds.annotation(field.kind), "message"
    return name, context.kinds.field_annotation(field), "value"


def _is_plain_message(field: Field) -> bool:
    """Whether handlers get an empty message where the field is unset."""
    if not isinstance(field.kind, MessageKind) or field.explicit:
        return False
    return field.kind.message not in WELL_KNOWN
