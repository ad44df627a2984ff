"""Which parameters has a method, and which of them may be left out? An RPC in, plans out.

- A request whose name ends in `Request` is an envelope: its fields become the parameters, in
  order. Any other non-empty request is one parameter.
- A parameter is optional if its field is `optional` or a pattern of [parameters] gives it a
  default; it is then keyword-only. In the API's service all others are required; in every other
  one they have their zero value as default.
- What is recorded stays: how the request is given, and which parameters are positional, in which
  order. A field that joined later is keyword-only, with its zero value as default.
"""

from __future__ import annotations

from ..protos.schema import (
    EnumKind,
    Field,
    ListKind,
    MapKind,
    Message,
    MessageKind,
    Method,
    Oneof,
)
from ..python import names, runtime
from ..python.symbols import Code, expr
from .call_nodes import ParameterPlan
from .context import Context
from .defaults import default_literal

JOINED = "zero value, for calls from before it was there"
"""The rule of a parameter that may be left out because it joined a method later."""

# Parameters that every generated method has of its own.
_OPTIONS = frozenset({"self", "timeout", "metadata"})


def parameters(method: Method, context: Context) -> tuple[tuple[ParameterPlan, ...], str]:
    """The parameters, those that may be left out last, and the rule that gave them."""
    request = context.request(method)
    if method.client_streaming:
        return (), f"parameters: a stream of {request.name}"
    had = context.recorded.methods.get(method.full_name)
    if had and had.takes_request:
        rule = f"parameters: one, {request.name}, as it is recorded"
        return (_whole(request, context, had.parameters[0].name),), rule
    if not request.fields:
        return (), f"parameters: none, {request.name} is empty"
    if not is_envelope(method, context):
        rule = f"parameters: one, {request.name} is no envelope (`…Request`)"
        name = names.attribute(names.snake(request.name), _OPTIONS)
        return (_whole(request, context, name),), rule
    plans = [
        _oneof(request, oneof, context) if oneof else _parameter(method, field, context)
        for field, oneof in _fields(request)
    ]
    positions = {p.source: p.position for p in had.parameters} if had else {}
    ordered = sorted(plans, key=lambda p: (p.default is not None, positions.get(p.source, 0)))
    order = "as recorded" if had else "in order"
    return tuple(ordered), f"parameters: the fields of {request.name}, {order}"


def is_envelope(method: Method, context: Context) -> bool:
    """Whether the fields of a request are parameters, and not the request."""
    had = context.recorded.methods.get(method.full_name)
    if had is not None:
        return not had.takes_request
    return context.request(method).name.endswith("Request")


def own_fields(method: Method, context: Context) -> tuple[Field, ...]:
    """The fields of the request that are a parameter each; those of a oneof share one."""
    request = context.request(method)
    if method.client_streaming or not is_envelope(method, context):
        return ()
    return tuple(f for f in request.fields if f.oneof is None)


def _fields(request: Message) -> list[tuple[Field, Oneof | None]]:
    """The fields in order, of a oneof only its first, with it."""
    if not request.oneofs:
        return [(field, None) for field in request.fields]
    oneofs = {o.name: o for o in request.oneofs}
    found = [(f, oneofs[f.oneof] if f.oneof else None) for f in request.fields]
    return [(field, oneof) for field, oneof in found if not oneof or oneof.fields[0] is field]


def _whole(request: Message, context: Context, name: str) -> ParameterPlan:
    annotation = expr(context.types[request.full_name].model)
    doc = request.comment.split("\n\n")[0]
    return ParameterPlan(name, annotation, None, "", name, doc, "the whole request", "request")


def _oneof(request: Message, oneof: Oneof, context: Context) -> ParameterPlan:
    union = context.types[request.full_name].oneofs[oneof.name].union
    name = names.attribute(oneof.name, _OPTIONS)
    return ParameterPlan(
        name=name,
        annotation=expr(union, " | None"),
        default="None",
        field=names.attribute(oneof.name),
        argument=name,
        doc=oneof.comment,
        rule=f"the oneof {oneof.name}",
        source=f"oneof {oneof.name}",
    )


def _parameter(method: Method, field: Field, context: Context) -> ParameterPlan:
    request = context.request(method)
    name = names.attribute(field.name, _OPTIONS)
    annotation = context.kinds.annotation(field.kind)
    argument: Code = name
    unset: Code = "None"  # what stands for a parameter that is left out
    default, rule = default_of(method, field, context)
    if context.is_json(request, field):
        annotation = expr(runtime.JSONObject)
        argument = expr(runtime.dump, f"({name})")
        if default is not None:
            unset, default = default, "None"
    elif isinstance(field.kind, EnumKind) and default is not None:
        unset, default = default, "None"  # a default of its class would load its module
    if default == "None":
        annotation = expr(annotation, " | None")
        if isinstance(field.kind, ListKind | MapKind):
            argument = f"{name} or {'[]' if isinstance(field.kind, ListKind) else '{}'}"
        elif unset != "None" or argument != name:
            argument = expr(unset, f" if {name} is None else ", argument)
    attribute = names.attribute(field.name)
    source = f"field {field.name}"
    return ParameterPlan(
        name, annotation, default, attribute, argument, field.comment, rule, source
    )


def default_of(method: Method, field: Field, context: Context) -> tuple[Code | None, str]:
    """(default as Python source or None = required, the rule that says so)."""
    if field.required:
        return None, "required in the proto"
    found = context.rules.defaults.find(f"{context.request(method).name}.{field.name}")
    if found is not None:
        value, pattern = found
        literal, _ = default_literal(field, value, context.kinds, context.types)
        return literal, f"default by pattern {pattern!r}"
    had = context.recorded.methods.get(method.full_name)
    if had and any(p.position and p.source == f"field {field.name}" for p in had.parameters):
        return None, "required, as it is recorded"
    if field.explicit:
        return "None", "optional in the proto"
    if context.is_api(method) and not had:
        return None, "required"
    zero = JOINED if had and context.is_api(method) else "zero value (no config says more)"
    if isinstance(field.kind, ListKind | MapKind | MessageKind):
        return "None", zero
    return default_literal(field, "", context.kinds, context.types)[0], zero
