"""To which family does a hook belong, that is, what may its handler return? An RPC in.

It follows from the response alone:

| response | family | handler returns |
|---|---|---|
| empty | void | None |
| only the embedded error | error | None; raising is the failure |
| one value and the error | value | the value; None too if the field is a modified one |
| modified fields and a rejection | modify | None, the changed entity, or Reject |
| only a rejection | reject | None or Reject |
| one repeated field that the request has too | transform | the list, or None |
| one scalar | plain | the value |
| a bidirectional stream of HTTP frames | http | an HTTP handler |

What fits none of these is refused by `checks.hooks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from typing import NamedTuple

from ..protos.schema import Field, ListKind, Message, MessageKind, Method, Scalar, ScalarKind
from ..python import runtime
from ..python.symbols import Expr, builtin, expr
from .context import Context


class Family(NamedTuple):
    """`fields`: those of the response that an answer goes to; `rule`: how it was found."""

    name: str
    fields: tuple[Field, ...]
    rule: str


def hooks(context: Context) -> tuple[Method, ...]:
    """The RPCs that plugins answer; one of the service may be the runtime's to answer."""
    methods = context.hooks.methods if context.hooks else ()
    return tuple(m for m in methods if m.name != context.settings.hooks.implemented)


def family(method: Method, context: Context) -> Family:
    """The family of a hook."""
    if method.client_streaming or method.server_streaming:
        return Family("http", (), "family http: a stream of HTTP frames")
    payload = context.payload(method)
    error = len(payload) < len(context.response(method).fields)
    if not payload:
        if error:
            return Family("error", (), "family error: the response has only an error")
        return Family("void", (), "family void: the response has no field")
    modified = tuple(f for f in payload if is_modified(f, context))
    if any(f.name == context.settings.hooks.rejected for f in payload):
        if len(payload) == 1:
            return Family("reject", (), "family reject: the response has only a rejection")
        if len(payload) == len(modified) + 1:
            return Family("modify", modified, "family modify: modified fields and a rejection")
    return _single(context.request(method), payload[0], error)


def _single(request: Message, field: Field, error: bool) -> Family:
    other = request.field(field.name)
    if not error and isinstance(field.kind, ListKind) and other and other.kind == field.kind:
        return Family("transform", (field,), "family transform: a list that the request has too")
    if error:
        return Family("value", (field,), "family value: one value and an error")
    return Family("plain", (field,), "family plain: one value")


def is_modified(field: Field, context: Context) -> bool:
    """Whether a field of a response carries a changed entity."""
    return fnmatch(field.name, context.settings.hooks.modified)


def answers(method: Method, found: Family, context: Context) -> tuple[Expr, ...]:
    """The types of what a handler of that family may return."""
    none = expr("None")
    values = tuple(_value(f, context) for f in found.fields)
    match found.name:
        case "reject":
            return expr(runtime.Reject), none
        case "modify":
            dismiss = (expr(runtime.Dismiss),) if _can_dismiss(method, context) else ()
            return (*values, *_together(values), *dismiss, expr(runtime.Reject), none)
        case "transform":
            return *values, none
        case "value" | "plain":
            return (*values, none) if is_modified(found.fields[0], context) else values
        case _:
            return (none,)


def _can_dismiss(method: Method, context: Context) -> bool:
    return method.name in context.settings.hooks.dismiss


def _together(values: tuple[Expr, ...]) -> Iterator[Expr]:
    """The tuple of several changed entities."""
    if len(values) > 1:
        first, *others = values
        rest = (part for value in others for part in (", ", value))
        yield expr(builtin("tuple"), "[", first, *rest, "]")


def _value(field: Field, context: Context) -> Expr:
    if is_wrapped(field, context):
        return expr(runtime.JSONObject)
    if isinstance(field.kind, ScalarKind) and field.kind.type is Scalar.BYTES:
        return expr(builtin("bytes"))
    return context.kinds.annotation(field.kind)


# ---------------------------------------------------------------------- JSON in a message


def shown(method: Method, context: Context) -> Iterator[Field]:
    """The fields that a handler gets or answers with, each by itself."""
    found = family(method, context)
    if found.name != "http":
        yield from (f for f in arguments(method, context) if f.oneof is None)
    yield from found.fields


def arguments(method: Method, context: Context) -> Iterator[Field]:
    """The fields of the request that handlers get."""
    return (f for f in context.request(method).fields if f.name not in context.rules.omit)


def source(field: Field) -> str:
    """What an argument is of the request, as a surface says it."""
    return f"oneof {field.oneof}" if field.oneof else f"field {field.name}"


def wrapped(field: Field, context: Context) -> tuple[Message, Field] | None:
    """The message that `field` holds and the field of that, if it has no other."""
    if not isinstance(field.kind, MessageKind):
        return None
    message = context.schema.messages[field.kind.message]
    return (message, message.fields[0]) if len(message.fields) == 1 else None


def is_wrapped(field: Field, context: Context) -> bool:
    """Whether all that `field` holds is JSON text, which handlers get and give as values."""
    inner = wrapped(field, context)
    return inner is not None and context.is_json(*inner)
