"""Services become servicer base classes: what a server of the service overrides."""

from __future__ import annotations

from collections.abc import Iterator

from ..protos.schema import Method, Service
from .call_nodes import ServicerMethodPlan, ServicerPlan
from .context import Context
from .methods import STREAMING, returns_nothing
from .nodes import PythonModule, messages_of, noted
from .package import ExportPlan, namespace


def modules(context: Context) -> Iterator[PythonModule]:
    """One module per service, and the package that exports them."""
    exports: list[ExportPlan] = []
    for service in context.schema.services:
        module = context.services[service.full_name].module
        plan = _servicer(service, context)
        exports.append(ExportPlan(plan.name, f".{module}", plan.name))
        yield PythonModule(
            path=f"servicers/{module}.py",
            template="servicer.py.j2",
            content=plan,
            doc=f"What a server of {service.full_name} overrides.",
            defines=(plan.name,),
            declares=tuple(m.name for m in plan.methods),
            lazy=context.exported,
        )
    yield namespace("servicers/__init__.py", "A servicer base for every service.", exports, context)


def _servicer(service: Service, context: Context) -> ServicerPlan:
    return ServicerPlan(
        name=context.services[service.full_name].servicer,
        service=service.full_name,
        methods=tuple(_method(m, context) for m in service.methods),
        errors=context.conventions[service.full_name].declaration,
    )


def _method(method: Method, context: Context) -> ServicerMethodPlan:
    return ServicerMethodPlan(
        name=context.methods[method.full_name],
        rpc=method.name,
        kind=STREAMING[method.client_streaming, method.server_streaming],
        request=context.types[method.input].model,
        response=context.types[method.output].model,
        messages=messages_of(method.full_name, method.input, method.output),
        nothing=returns_nothing(method, context),
        doc=noted(
            method.comment.split("\n\n")[0] or f"Answer `{method.name}`.",
            method.deprecated,
        ),
    )
