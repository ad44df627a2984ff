"""How does an RPC become a Python method? Parameters, result, and the rule behind each choice.

A method and the context in, a `MethodPlan` out. A response whose name ends in `Response` is an
envelope: apart from what tells of a failure, no field means None, one field is the result, several
make the response itself the result. `parameters` says the same of requests. What a method returned
before it still returns; if there is more by now, a twin returns the whole response.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..protos.schema import Field, Method
from ..python import names, runtime
from ..python.symbols import Code, Expr, expr
from .call_nodes import MethodPlan, ParameterPlan
from .context import Context, service_of
from .nodes import noted
from .parameters import parameters

STREAMING = {
    (False, False): "unary",
    (False, True): "server_stream",
    (True, False): "client_stream",
    (True, True): "bidi_stream",
}


def plan(method: Method, context: Context) -> MethodPlan:
    """The plan of one RPC as a method of a client."""
    given, rule = parameters(method, context)
    sent, local = _unlike("request", given), _unlike("response", given)
    result = _result(method, local, context)
    return MethodPlan(
        name=context.methods[method.full_name],
        rpc=method.name,
        path=method.path,
        kind=STREAMING[method.client_streaming, method.server_streaming],
        request=context.types[method.input].model,
        response=context.types[method.output].model,
        parameters=given,
        result=result.annotation,
        source=result.source,
        sent=sent,
        local=local,
        answer=result.answer,
        idempotent=method.idempotent,
        doc=_doc(method, given),
        rules=(
            *_renamed(method, context),
            rule,
            *result.rules,
            *context.convention(method).rules(context.response(method)),
            *_moved(method, context),
        ),
        deprecated=f"{method.full_name} is deprecated" if method.deprecated else "",
    )


def _renamed(method: Method, context: Context) -> Iterator[str]:
    """Why the method has another name than such an RPC usually gets."""
    if (usual := names.method(method.name)) != context.methods[method.full_name]:
        yield f"name: as in the proto, for {usual}() is another call"


def _moved(method: Method, context: Context) -> Iterator[str]:
    """Why its module has another name than the service usually gives it."""
    service = service_of(method)
    usual, module = names.snake(service.rpartition(".")[2]), context.services[service].module
    if module != names.submodule(usual):
        yield f"module: {module}, for {usual} would be that of another service too"


class _Result(NamedTuple):
    """What a method returns, what makes it of the response, and what of the response it is."""

    annotation: Expr
    answer: Code
    source: str
    rules: tuple[str, ...]


def result_field(method: Method, context: Context) -> Field | None:
    """The field of the response that is the result, if that is not the response itself."""
    if method.server_streaming or _recorded(method, context) in (WHOLE, NOTHING):
        return None
    return _recorded_field(method, context) or _only_field(method, context)


def _only_field(method: Method, context: Context) -> Field | None:
    payload = context.payload(method)
    if not context.response(method).name.endswith("Response"):
        return None
    return payload[0] if len(payload) == 1 and not payload[0].oneof else None


WHOLE = "whole"
NOTHING = "nothing"


def _recorded(method: Method, context: Context) -> str:
    """What the method returned before, "" if it is new."""
    had = context.recorded.methods.get(method.full_name)
    return had.result if had else ""


def _recorded_field(method: Method, context: Context) -> Field | None:
    """The field that was the result before, if it is still there."""
    recorded = _recorded(method, context)
    payload = context.payload(method)
    return next((f for f in payload if f"field {f.name}" == recorded and not f.oneof), None)


def returns_nothing(method: Method, context: Context) -> bool:
    """Whether a call has no result."""
    if method.server_streaming:
        return False
    return _recorded(method, context) == NOTHING or not (
        context.payload(method) or _recorded(method, context) == WHOLE
    )


def twin(method: Method, plan: MethodPlan, context: Context) -> MethodPlan | None:
    """The method that returns the whole response, where `plan` cannot any more."""
    had = context.recorded.methods.get(method.full_name)
    if had is None or plan.source == WHOLE:
        return None
    kept = plan.source != NOTHING and _only_field(method, context) is not None
    if not had.twin and (kept or not context.payload(method)):
        return None
    name = had.twin or f"{plan.name}_response"
    service = service_of(method)
    taken = {n for rpc, n in context.methods.items() if rpc.rpartition(".")[0] == service}
    while name in taken:
        name += "_"
    response = context.response(method).name
    return plan._replace(
        name=name,
        twin_of=plan.name,
        result=expr(plan.response),
        source=WHOLE,
        answer=plan.local,
        doc=f"As `{plan.name}`, for the whole {response}.\n\n{plan.doc}",
        rules=(f"result: {response}, of which {plan.name}() returns what it did before",),
    )


def _result(method: Method, local: str, context: Context) -> _Result:
    response = context.response(method)
    model = expr(context.types[response.full_name].model)
    if method.server_streaming:
        return _Result(model, local, WHOLE, (f"result: a stream of {response.name}",))
    payload = context.payload(method)
    if returns_nothing(method, context):
        why = "as it is recorded" if payload else f"{response.name} has no payload"
        return _Result(expr("None"), "None", NOTHING, (f"result: None, {why}",))
    field = result_field(method, context)
    if field is None and _recorded(method, context) == WHOLE:
        return _Result(model, local, WHOLE, (f"result: {response.name}, as it is recorded",))
    if field is None:
        why = "is no envelope" if len(payload) == 1 else "has several fields"
        return _Result(model, local, WHOLE, (f"result: {response.name}, which {why}",))
    rule = f"result: the field {field.name} of {response.name}"
    return _payload(method, field, f"{local}.{names.attribute(field.name)}", rule, context)


def _payload(method: Method, field: Field, source: str, rule: str, context: Context) -> _Result:
    """The result that is one field, which `source` reads."""
    told = f"field {field.name}"
    nullable = method.name in context.rules.nullable or not context.is_api(method)
    if context.is_json(context.response(method), field):
        load = runtime.load_nullable if nullable else runtime.load
        annotation = expr(runtime.JSONObject, " | None" if nullable else "")
        answer = expr(load, f'({source}, "{method.name}")')
        return _Result(annotation, answer, told, (rule, "JSON text in bytes, decoded"))
    annotation = context.kinds.annotation(field.kind)
    if not field.presence:
        return _Result(annotation, source, told, (rule,))
    optional = field.explicit and not field.required
    if nullable or optional:
        why = "optional in the proto" if optional else "the host leaves it unset"
        return _Result(expr(annotation, " | None"), source, told, (rule, f"None if {why}"))
    answer = expr(runtime.present, f'({source}, "{method.name}", "{field.name}")')
    raises = "an unset payload without an error raises PluginAPIError"
    return _Result(annotation, answer, told, (rule, raises))


def _unlike(name: str, parameters: tuple[ParameterPlan, ...]) -> str:
    while any(p.name == name for p in parameters):
        name += "_"
    return name


def _doc(method: Method, parameters: tuple[ParameterPlan, ...]) -> str:
    """The RPC's comment, and what each parameter means."""
    lines = [noted(method.comment or f"Call `{method.name}`.", method.deprecated)]
    documented = [p for p in parameters if p.doc]
    if documented:
        lines.append("\nArgs:")
        for p in documented:
            first, *rest = p.doc.split("\n")
            lines.append(f"    {p.name}: {first}")
            lines += [f"        {line}" if line else "" for line in rest]
    return "\n".join(lines)
