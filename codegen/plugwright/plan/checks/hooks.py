"""Can each RPC of the hooks service be a hook, and do the keys of [hooks] name some?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem
from ...protos.schema import ListKind, Method, Scalar, ScalarKind, Service
from ...settings.patterns import unmatched
from .. import families
from ..context import Context
from ..hooks import arguments

_HTTP_FIELDS = ("init", "body_chunk", "body_complete")
_SINGLE = ("value", "plain", "transform")
_SILENT = ("void", "error")


def problems(context: Context) -> Iterator[Problem]:
    """The problems of the service, if there is one."""
    service = context.hooks
    if service is None:
        return
    yield from _named(service, context)
    yield from _before(context)
    yield from _implemented(service, context)
    asked: list[str] = []
    for method in families.hooks(context):
        yield from _fits(method, context)
        if families.family(method, context).name != "http":
            asked += [f.name for f in context.request(method).fields]
    fields = (f.name for m in service.methods for f in context.request(m).fields)
    settings = context.settings
    yield from unmatched(settings, "hooks.omit", settings.hooks.omit, asked, fields)


def _named(service: Service, context: Context) -> Iterator[Problem]:
    known = [m.name for m in service.methods]
    hooks = context.settings.hooks
    keys = {
        "hooks.implemented": [hooks.implemented] if hooks.implemented else [],
        "hooks.dismiss": hooks.dismiss,
        "hooks.startup": hooks.startup,
        "hooks.shutdown": hooks.shutdown,
    }
    for key, named in keys.items():
        for name in named:
            if name not in known:
                text = f"{service.name} has no RPC {name!r}; it has: {', '.join(known)}"
                yield Problem(context.settings.where(f"{key}.{name}"), text)


def _fits(method: Method, context: Context) -> Iterator[Problem]:
    """A hook must be of a family, and its answer have no oneof."""
    family = families.family(method, context).name
    response = context.response(method)
    if family == "http":
        request = context.request(method)
        if any(request.field(n) is None for n in _HTTP_FIELDS):
            fields = ", ".join(_HTTP_FIELDS)
            text = f"{method.name} streams, and as a hook only HTTP does, in {fields}"
            yield Problem(method.where, text)
        return
    if response.oneofs:
        text = f"{response.name} has a oneof, and a hook's answer can have none; use fields"
        yield Problem(method.where, text)
    if family in _SINGLE and len(context.payload(method)) > 1:
        hooks = context.settings.hooks
        text = (
            f"the response of {method.name} fits no hook family; it may have an error, one "
            f"value, fields {hooks.modified!r} and {hooks.rejected!r}"
        )
        yield Problem(method.where, text)


def _implemented(service: Service, context: Context) -> Iterator[Problem]:
    """The runtime answers this RPC by itself, so it must know the response."""
    for method in service.methods:
        if method.name != context.settings.hooks.implemented:
            continue
        field = context.response(method).field("hooks")
        expected = f"{service.full_name.rpartition('.')[0]}.{method.name}Response".lstrip(".")
        texts = ListKind(ScalarKind(Scalar.STRING))
        if field is None or field.kind != texts or method.output != expected:
            text = (
                f"{method.name} cannot be hooks.implemented; it must answer with "
                f"{expected} and a field `repeated string hooks`"
            )
            yield Problem(method.where, text)


def _before(context: Context) -> Iterator[Problem]:
    """Can the process of a plugin call these hooks itself?

    What it calls has no arguments to make up, and no answer to hand on: the same holds for the
    hook that it calls them before, which it answers where the plugin does not handle it.
    """
    hooks = {m.name: m for m in families.hooks(context)}
    for hook, early in context.settings.hooks.before.items():
        where = context.settings.where(f"hooks.before.{hook}")
        for name in (hook, *early):
            if name not in hooks:
                text = f"there is no hook {name!r}; there are: {', '.join(hooks)}"
                yield Problem(where, text)
            elif families.family(hooks[name], context).name not in _SILENT:
                text = f"{name} answers with a value, which hooks.before has no use for"
                yield Problem(where, text)
            elif name != hook and (given := arguments(hooks[name], context)[0]):
                names = ", ".join(argument for argument, _, _ in given)
                text = f"{name} has arguments ({names}), so only the host can call it"
                yield Problem(where, text)
        if hook in early:
            yield Problem(where, f"{hook} cannot come before itself")
