"""Do [parameters], [fields] and [api] fit the RPCs? A problem for each pattern that does not.

A pattern has to match something that a planner asks it about, and to say what the field can hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...problems import Problem, shown
from ...protos.schema import Field, Message, MessageKind, Method
from ...settings.patterns import unmatched
from .. import families
from ..absent import EMPTY, REFUSE, message_fields
from ..context import Context, is_bytes, named
from ..defaults import default_literal
from ..kinds import WELL_KNOWN
from ..methods import result_field
from ..parameters import JOINED, default_of, own_fields


def problems(context: Context) -> Iterator[Problem]:
    """The problems of all four keys."""
    settings, every = context.settings, context.schema.messages.values()
    calls = [*context.calls()]
    yield from _defaults(context, calls)
    own = (_name(context.request(m), f) for m in calls for f in own_fields(m, context))
    defaults = settings.parameters.defaults
    yield from unmatched(settings, "parameters.defaults", defaults, own, named(every))
    texts, json = _texts(context), settings.fields.json
    yield from unmatched(settings, "fields.json", json, texts, named(every))
    single = (m.name for m in calls if result_field(m, context))
    rpcs = (m.name for m in calls)
    yield from unmatched(settings, "api.nullable", settings.api.nullable, single, rpcs)
    yield from _absent(context)


def _name(message: Message, field: Field) -> str:
    """A field, as patterns name it."""
    return f"{message.name}.{field.name}"


def _defaults(context: Context, calls: Iterable[Method]) -> Iterator[Problem]:
    """Each default must be a value of its field."""
    if not context.settings.parameters.defaults:
        return
    for method in calls:
        request = context.request(method)
        for field in own_fields(method, context):
            found = context.rules.defaults.find(_name(request, field))
            if found is None or field.required:
                continue
            value, pattern = found
            _, expected = default_literal(field, value, context.kinds, context.types)
            if expected:
                text = f"{pattern!r} gives {shown(value)} to {_name(request, field)}"
                place = context.settings.where(f"parameters.defaults.{pattern}")
                yield Problem(place, f"{text}, which needs {expected}")


def _texts(context: Context) -> Iterator[str]:
    """The fields that may hold JSON text: those that methods and hooks show by themselves."""
    for method in context.calls():
        request, response = context.request(method), context.response(method)
        yield from (_name(request, f) for f in own_fields(method, context) if is_bytes(f))
        field = result_field(method, context)
        if field is not None and is_bytes(field):
            yield _name(response, field)
    for method in families.hooks(context):
        for field in families.shown(method, context):
            wrapped = families.wrapped(field, context)
            if wrapped is not None and is_bytes(wrapped[1]):
                yield _name(*wrapped)


# ---------------------------------------------------------------------- messages left out


def _absent(context: Context) -> Iterator[Problem]:
    for pattern, choice in context.settings.parameters.absent.items():
        if choice not in (EMPTY, REFUSE):
            yield _wrong(context, pattern, f"must be {EMPTY!r} or {REFUSE!r}, got {choice!r}")
    calls = context.api.methods if context.api else ()
    asked: list[str] = []
    for method in calls:
        asked += [_name(context.request(method), f) for f in message_fields(method, context)]
        yield from _choices(method, context)
    settings = context.settings
    absent = settings.parameters.absent
    yield from unmatched(settings, "parameters.absent", absent, asked, asked)


def _choices(method: Method, context: Context) -> Iterator[Problem]:
    for field in message_fields(method, context):
        name = _name(context.request(method), field)
        choice, pattern = context.rules.absent.find(name) or ("", "")
        if choice == EMPTY and not _can_be_empty(field, context):
            assert isinstance(field.kind, MessageKind)
            text = f"cannot send an empty {field.kind.message} for {name}; use {REFUSE!r}"
            yield _wrong(context, pattern, text)
        if choice != REFUSE:
            continue
        default, rule = default_of(method, field, context)
        if default is not None and rule != JOINED:
            text = f"refuses a call without {name}, which may be left out ({rule})"
            yield _wrong(context, pattern, f"{text}; remove one of the two")


def _can_be_empty(field: Field, context: Context) -> bool:
    assert isinstance(field.kind, MessageKind)
    message = context.schema.messages.get(field.kind.message)
    required = message is not None and any(f.required for f in message.fields)
    return field.kind.message not in WELL_KNOWN and not required


def _wrong(context: Context, pattern: str, text: str) -> Problem:
    place = context.settings.where(f"parameters.absent.{pattern}")
    return Problem(place, f"{pattern!r} {text}")
