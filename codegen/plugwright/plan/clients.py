"""Services become client classes: one mixin per domain, sync and async from the same plans.

The context in; the modules of `clients/`, what the SDK exports of them and every method out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..protos.schema import Method, Service
from ..python import layout, runtime
from ..python.symbols import Code, Expr, Symbol, called, expr
from . import absent, domains, methods
from .call_nodes import (
    ClientClassPlan,
    ClientsPlan,
    ComposedClientPlan,
    ComposedClientsPlan,
    MethodPlan,
)
from .context import Context
from .nodes import PythonModule, noted
from .package import ExportPlan, namespace

_CORES = {
    False: runtime.SyncClient,
    True: runtime.AsyncClient,
}
_LOCALS = ("request", "response", "requests", "timeout", "metadata")


class Clients(NamedTuple):
    """`exports`: the clients of the API, for the root of the package; `methods`: for `explain`."""

    modules: tuple[PythonModule, ...]
    exports: tuple[ExportPlan, ...]
    methods: tuple[MethodPlan, ...]


def plan(context: Context) -> Clients:
    """The clients of all services."""
    services = context.schema.services
    planned = {s.full_name: _planned(s, context) for s in services}
    modules = [m for s in services for m in _service(s, planned[s.full_name], context)]
    exports = [e for s in services for e in _exports(s, ".", context)]
    modules.append(
        namespace("clients/__init__.py", "A client for every service.", exports, context)
    )
    return Clients(
        tuple(modules),
        tuple(_exports(context.api, ".clients.", context)) if context.api else (),
        tuple(m for by_domain in planned.values() for ms in by_domain.values() for m in ms),
    )


def class_name(name: str, is_async: bool) -> str:
    """The client called `name`, or its twin for coroutines."""
    return f"Async{name}" if is_async else name


def _exports(service: Service, package: str, context: Context) -> list[ExportPlan]:
    module, name, _ = context.services[service.full_name]
    classes = [class_name(name, is_async) for is_async in context.settings.sdk.flavours]
    return [ExportPlan(python, f"{package}{module}", python) for python in classes]


def _planned(service: Service, context: Context) -> Mapping[str, tuple[MethodPlan, ...]]:
    """The methods of each domain."""
    return {
        domain: tuple(plan for m in found for plan in _methods(m, context))
        for domain, found in domains.groups(service, context).items()
    }


def _methods(method: Method, context: Context) -> Iterator[MethodPlan]:
    """The method of an RPC, and its twin if it has one."""
    plan = absent.applied(method, methods.plan(method, context), context)
    yield plan
    if (twin := methods.twin(method, plan, context)) is not None:
        yield twin


def _service(
    service: Service, planned: Mapping[str, tuple[MethodPlan, ...]], context: Context
) -> list[PythonModule]:
    """A module per domain, and the package that puts its classes together."""
    modules = [_domain(service, d, found, context) for d, found in planned.items()]
    mixins = {
        is_async: tuple(Symbol(_home(service, d, context), _mixin(d, is_async)) for d in planned)
        for is_async in context.settings.sdk.flavours
    }
    return [*modules, _composed(service, mixins, context)]


def _home(service: Service, domain: str, context: Context) -> str:
    module = context.services[service.full_name].module
    return f".clients.{module}.{domains.submodule(domain)}"


def _mixin(domain: str, is_async: bool) -> str:
    return class_name(f"{domain}Mixin", is_async)


def _domain(
    service: Service, domain: str, plans: tuple[MethodPlan, ...], context: Context
) -> PythonModule:
    name = context.services[service.full_name].client
    home = _home(service, domain, context)
    title = f"The {domain} calls of {service.name}."
    classes = tuple(
        ClientClassPlan(
            name=_mixin(domain, is_async),
            base=_CORES[is_async],
            is_async=is_async,
            methods=plans,
            doc=f"{title} Part of `{class_name(name, is_async)}`.",
        )
        for is_async in context.settings.sdk.flavours
    )
    return PythonModule(
        path=f"{home[1:].replace('.', '/')}.py",
        template="client.py.j2",
        content=ClientsPlan(classes),
        doc=title,
        defines=(*(c.name for c in classes), *_LOCALS),
        declares=tuple(name for p in plans for name in (p.name, *(a.name for a in p.parameters))),
        lazy=context.exported,
    )


def _composed(
    service: Service, mixins: Mapping[bool, tuple[Symbol, ...]], context: Context
) -> PythonModule:
    module, name, _ = context.services[service.full_name]
    options = _options(service, context)
    classes = tuple(
        ComposedClientPlan(
            name=class_name(name, is_async),
            bases=mixins[is_async] or (_CORES[is_async],),
            doc=_doc(service, is_async),
            options=options,
            deprecated=f"{service.full_name} is deprecated" if service.deprecated else "",
        )
        for is_async in context.settings.sdk.flavours
    )
    return PythonModule(
        path=f"clients/{module}/__init__.py",
        template="composed.py.j2",
        content=ComposedClientsPlan(classes),
        doc=f"Clients of {service.full_name}.",
        defines=tuple(c.name for c in classes),
    )


def _options(service: Service, context: Context) -> Expr:
    """What the clients of a service start with."""
    api = context.settings.api
    timeout, env = (api.timeout, api.target_env) if service is context.api else (30.0, "")
    errors = context.conventions[service.full_name]
    rpcs = [m.name for m in service.methods if m.idempotent]
    arguments: list[Code] = [f'service="{service.full_name}"', f"timeout={timeout!r}"]
    arguments += [f"target_env={layout.quote(env)}"] if env else []
    arguments += [expr("errors=", errors.declaration)] if errors.declaration else []
    arguments += [f"idempotent={layout.tuple_of(rpcs)}"] if rpcs else []
    return called(runtime.ClientOptions, *arguments)


def _doc(service: Service, is_async: bool) -> str:
    kind = "Async client" if is_async else "Client"
    text = f"{kind} of `{service.full_name}`."
    text = f"{text}\n\n{service.comment}" if service.comment else text
    return noted(text, service.deprecated)
