"""What of messages and enums do users see? The context in, items out."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...protos.schema import (
    Enum,
    EnumKind,
    Field,
    Kind,
    ListKind,
    MapKind,
    Message,
    Oneof,
    ScalarKind,
    walk,
)
from ...python import names
from ...surface.items import Item
from ..context import Context
from .spelling import spelled


def items(context: Context) -> Iterator[Item]:
    """All models."""
    for file in context.files:
        for enum in file.enums:
            yield from _enum(enum, context)
        for message in walk(file.messages):
            if not message.namespace:
                yield from _message(message, context)
            for enum in message.enums:
                yield from _enum(enum, context)


def _message(message: Message, context: Context) -> Iterator[Item]:
    python = spelled(context.types[message.full_name].model, context)
    yield Item("model", python, message.full_name)
    if message.deprecated:
        yield Item("deprecated", python, "yes")
    for field in message.fields:
        if field.oneof is None:
            yield from _field(field, python, context)
    for oneof in message.oneofs:
        yield from _oneof(message, oneof, python, context)


def _field(field: Field, model: str, context: Context) -> Iterator[Item]:
    place = f"{model}.{names.attribute(field.name)}"
    annotation = spelled(context.kinds.field_annotation(field), context)
    default = context.kinds.default(field)
    shown = annotation if default is None else f"{annotation} = {spelled(default, context)}"
    if (explicit := context.kinds.explicit_default(field)) is not None:
        shown += f", unset reads as {explicit}"
    yield Item("field", place, f"{shown} | {_proto(field)}")
    if field.deprecated:
        yield Item("deprecated", place, "yes")


def _oneof(message: Message, oneof: Oneof, model: str, context: Context) -> Iterator[Item]:
    own = context.types[message.full_name].oneofs[oneof.name]
    holder = f"{model}.{own.holder}"
    attribute = f"{model}.{names.attribute(oneof.name)}"
    told = f"{oneof.name} | holder {own.holder} | union {spelled(own.union, context)}"
    yield Item("oneof", attribute, told)
    for field in oneof.fields:
        place = f"{holder}.{own.cases[field.name]}"
        shown = spelled(context.kinds.annotation(field.kind), context)
        yield Item("case", place, f"{shown} | {_proto(field)}")
        if field.deprecated:
            yield Item("deprecated", place, "yes")


def _enum(enum: Enum, context: Context) -> Iterator[Item]:
    types = context.types[enum.full_name]
    python = spelled(types.model, context)
    yield Item("enum", python, f"{enum.full_name} | {'closed' if enum.closed else 'open'}")
    if enum.deprecated:
        yield Item("deprecated", python, "yes")
    for value in enum.values:
        place = f"{python}.{types.members[value.name]}"
        yield Item("member", place, f"{value.number} | {value.name}")
        if value.deprecated:
            yield Item("deprecated", place, "yes")


def _proto(field: Field) -> str:
    """The field as the proto declares it: number, label, type, name, and an unusual JSON name."""
    label = ""
    if isinstance(field.kind, ListKind):
        label = "repeated "
    elif field.required:
        label = "required "
    elif field.explicit:
        label = "optional "
    text = f"{field.number} {label}{_type(field.kind)} {field.name}"
    if field.json_name == _json_name(field.name):
        return text
    return f"{text} json {_one_word(field.json_name)}"


def _one_word(text: str) -> str:
    """A JSON name, which may be any text.

    >>> _one_word("userID"), _one_word("a | b")
    ('userID', '"a\\\\u0020\\\\u007c\\\\u0020b"')
    """
    if text.replace("_", "").isalnum():
        return text
    return json.dumps(text).replace(" ", "\\u0020").replace("|", "\\u007c")


def _type(kind: Kind) -> str:
    match kind:
        case ListKind():
            return _type(kind.element)
        case MapKind():
            return f"map<{kind.key},{_type(kind.value)}>"
        case ScalarKind():
            return str(kind.type)
        case EnumKind():
            return kind.enum
        case _:
            return kind.message


def _json_name(name: str) -> str:
    """The JSON name that protoc gives a field.

    >>> _json_name("user_id"), _json_name("_x_1y")
    ('userId', 'X1y')
    """
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
