"""What of services do users see? The context and the planned methods in, items out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...protos.schema import Method, Service
from ...surface.items import Item
from ..call_nodes import MethodPlan, ParameterPlan
from ..context import Context
from ..methods import STREAMING
from .spelling import spelled


def items(context: Context, planned: Iterable[MethodPlan]) -> Iterator[Item]:
    """All clients and servicers."""
    planned = tuple(planned)
    plans = {plan.path: plan for plan in planned if not plan.twin_of}
    twins = {plan.path: plan for plan in planned if plan.twin_of}
    for service in context.schema.services:
        yield from _client(service, plans, context)
        place = client(service, context)
        for method in service.methods:
            if (twin := twins.get(method.path)) is not None:
                yield Item("twin", f"{place}.{twin.name}", twin.twin_of)
        yield from _servicer(service, context)


def client(service: Service, context: Context) -> str:
    """Where the client of a service is; its twin for coroutines stands beside it."""
    python = context.services[service.full_name]
    return f"clients.{python.module}.{python.client}"


def servicer(service: Service, context: Context) -> str:
    python = context.services[service.full_name]
    return f"servicers.{python.module}.{python.servicer}"


def _client(service: Service, plans: dict[str, MethodPlan], context: Context) -> Iterator[Item]:
    api, place = context.settings.api, client(service, context)
    flavours = context.settings.sdk.clients
    timeout = api.timeout if service is context.api else 30.0
    errors = spelled(context.conventions[service.full_name].declaration, context) or "statuses"
    told = f"flavours {flavours} | timeout {timeout!r} | errors {errors}"
    yield Item("client", place, f"{service.full_name} | {told}")
    if service.deprecated:
        yield Item("deprecated", place, "yes")
    for method in service.methods:
        plan = plans[method.path]
        yield from _method(method, plan, f"{place}.{plan.name}", context)


def _method(method: Method, plan: MethodPlan, place: str, context: Context) -> Iterator[Item]:
    yield Item("method", place, _call(method))
    number = 0
    for parameter in plan.parameters:
        number += parameter.default is None
        yield _parameter(parameter, place, number, context)
    yield Item("result", place, f"{spelled(plan.result, context)} | {plan.source}")
    response = context.response(method)
    if errors := [f.name for f in context.convention(method).fields(response)]:
        yield Item("raises", place, " ".join(errors))
    if method.idempotent:
        yield Item("idempotent", place, "yes")
    if method.deprecated:
        yield Item("deprecated", place, "yes")


def _parameter(plan: ParameterPlan, method: str, number: int, context: Context) -> Item:
    shown = spelled(plan.annotation, context)
    if plan.default is not None:
        shown += f" = {spelled(plan.default, context)}"
    how = f"positional {number}" if plan.default is None else "keyword"
    return Item("parameter", f"{method}.{plan.name}", f"{shown} | {how} | {plan.source}")


def _servicer(service: Service, context: Context) -> Iterator[Item]:
    place = servicer(service, context)
    yield Item("servicer", place, service.full_name)
    for method in service.methods:
        yield Item("serves", f"{place}.{context.methods[method.full_name]}", _call(method))


def _call(method: Method) -> str:
    """An RPC as the proto declares it."""
    kind = STREAMING[method.client_streaming, method.server_streaming]
    return f"{method.name} | {kind} | {method.input} -> {method.output}"
