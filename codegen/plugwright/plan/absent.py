"""What does a call send for a message that its caller leaves out? `[parameters.absent]` says.

Some hosts read a message of a request before they look whether it is there, and do not survive
that. The plan of a method of the API goes in; it comes out with arguments that send an empty
message (`empty`) or raise ValidationError before anything is sent (`refuse`), and with the rule.
"""

from __future__ import annotations

from ..protos.schema import Field, MessageKind, Method
from ..python import names, runtime
from ..python.layout import quote
from ..python.symbols import expr
from .call_nodes import MethodPlan, ParameterPlan
from .context import Context
from .parameters import JOINED, own_fields

EMPTY = "empty"
REFUSE = "refuse"


def applied(method: Method, plan: MethodPlan, context: Context) -> MethodPlan:
    """`plan` with the rules for the messages among its parameters."""
    if not context.is_api(method):
        return plan
    fields = {names.attribute(f.name): f for f in message_fields(method, context)}
    parameters = tuple(
        _parameter(p, method, fields[p.field], context) if p.field in fields else p
        for p in plan.parameters
    )
    return plan._replace(parameters=parameters)


def message_fields(method: Method, context: Context) -> list[Field]:
    """The fields of an envelope that hold one message each and are parameters of their own."""
    return [f for f in own_fields(method, context) if isinstance(f.kind, MessageKind)]


def _parameter(
    plan: ParameterPlan, method: Method, field: Field, context: Context
) -> ParameterPlan:
    found = context.rules.absent.find(f"{context.request(method).name}.{field.name}")
    if found is None:
        return plan
    choice, pattern = found
    if choice == REFUSE and plan.rule == JOINED:
        return plan  # there are calls without it
    if choice == REFUSE:
        argument = f"({plan.argument}, {quote(method.name)}, {quote(plan.name)})"
        given = expr(runtime.given, argument)
        rule = f"{plan.rule}; None is refused, by pattern {pattern!r}"
        return plan._replace(argument=given, rule=rule)
    assert isinstance(field.kind, MessageKind)
    model = context.types[field.kind.message].model
    filled = expr(runtime.filled, f"({plan.argument}, ", model, ")")
    rule = f"{plan.rule}; None sends an empty message, by pattern {pattern!r}"
    return plan._replace(argument=filled, rule=rule)
