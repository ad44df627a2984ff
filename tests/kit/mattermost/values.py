"""How is a message filled, on both sides of a comparison?

A *tree* is the content of a message as plain Python: field name -> value, nested messages as
trees, Struct as dict. From one tree come the protobuf message (`to_pb`), by protobuf's own means,
and the SDK's model (`to_model`), by its constructor. Neither uses the SDK's converters.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from kit.mattermost.facts import PACKAGE, message_class
from mattermost_plugin import registry
from plugwright_runtime.message.wkt import NULL

Tree = dict[str, Any]
WRAPPERS = {"google.protobuf.Int32Value", "google.protobuf.Int64Value"}
STRUCT, VALUE = "google.protobuf.Struct", "google.protobuf.Value"

# int32 and enum limits, by protobuf's cpp_type.
LIMITS = {
    1: (-(2**31), 2**31 - 1),
    2: (-(2**63), 2**63 - 1),
    3: (0, 2**32 - 1),
    4: (0, 2**64 - 1),
    8: (-(2**31), 2**31 - 1),
}


def descriptor(name: str) -> Any:
    """The descriptor of a message of the table, from the pool of these tests."""
    return message_class(name).DESCRIPTOR


def is_map(field: Any) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_repeated(field: Any) -> bool:
    """Whether the field is a list; a map is none."""
    if is_map(field):
        return False
    current = getattr(field, "is_repeated", None)
    return bool(field.label == field.LABEL_REPEATED if current is None else current)


def is_ours(field: Any) -> bool:
    """Whether the values of the field are messages that the SDK has models for."""
    message = field.message_type
    return message is not None and message.full_name.startswith(f"{PACKAGE}.")


def map_value(field: Any) -> Any:
    """The field of a map's values."""
    return field.message_type.fields_by_name["value"]


# ------------------------------------------------------------------ tree -> protobuf, model


def to_pb(name: str, tree: Tree) -> Any:
    """The protobuf message `name` with the content of `tree`."""
    message = message_class(name)()
    _fill(message, tree)
    return message


def _fill(message: Any, tree: Tree) -> None:
    message.SetInParent()
    for field in message.DESCRIPTOR.fields:
        if field.name not in tree:
            continue
        value = tree[field.name]
        target = getattr(message, field.name)
        if is_map(field):
            for key, item in value.items():
                if is_ours(map_value(field)):
                    _fill(target[key], item)
                else:
                    target[key] = item
        elif is_repeated(field):
            for item in value:
                if field.message_type is None:
                    target.append(item)
                else:
                    _fill_message(target.add(), item)
        elif field.message_type is None:
            setattr(message, field.name, value)
        else:
            _fill_message(target, value)


def _fill_message(message: Any, value: Any) -> None:
    full_name = message.DESCRIPTOR.full_name
    if full_name == STRUCT:
        message.SetInParent()
        for key, item in value.items():
            _fill_message(message.fields[key], item)
    elif full_name == VALUE:
        _fill_value(message, value)
    elif full_name in WRAPPERS:
        message.SetInParent()
        message.value = value
    else:
        _fill(message, value)


def _fill_value(message: Any, value: Any) -> None:
    if value is None:
        message.null_value = 0
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int | float):
        message.number_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, dict):
        _fill_message(message.struct_value, value)
    else:
        message.list_value.SetInParent()
        for item in value:
            _fill_value(message.list_value.values.add(), item)


def to_model(name: str, tree: Tree) -> Any:
    """The SDK's model `name` with the content of `tree`."""
    fields = descriptor(name).fields_by_name
    values = {key: attribute(fields[key], value) for key, value in tree.items()}
    return registry.message(f"{PACKAGE}.{name}")(**values)


def attribute(field: Any, value: Any) -> Any:
    """What a model holds in the attribute of `field` for a value of a tree."""
    if is_map(field):
        inner = map_value(field)
        return {key: attribute(inner, item) for key, item in value.items()}
    if is_repeated(field):
        return [_element(field, item) for item in value]
    if value is None and field.message_type.full_name == VALUE:
        return NULL
    return _element(field, value)


def _element(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        return registry.enum(field.enum_type.full_name)(value)
    return to_model(field.message_type.name, value) if is_ours(field) else value


# ------------------------------------------------------------------ a tree with everything in it


def filled(name: str, depth: int = 2) -> Tree:
    """A tree in which every field is set, each to something that occurs nowhere else.

    Messages inside of messages are filled down to `depth` levels, and empty below.
    """
    return _filled(descriptor(name), depth, itertools.count(1))


def _filled(message: Any, depth: int, numbers: Iterator[int]) -> Tree:
    if depth < 0:
        return {}
    return {f.name: _filled_field(f, depth, numbers) for f in message.fields}


def _filled_field(field: Any, depth: int, numbers: Iterator[int]) -> Any:
    if is_map(field):
        inner = map_value(field)
        return {f"{field.name} {i}": _filled_one(inner, depth, numbers) for i in range(2)}
    if is_repeated(field):
        return [_filled_one(field, depth, numbers) for _ in range(2)]
    return _filled_one(field, depth, numbers)


def _filled_one(field: Any, depth: int, numbers: Iterator[int]) -> Any:
    number = next(numbers)
    if field.message_type is not None:
        full_name = field.message_type.full_name
        if full_name in WRAPPERS:
            return number
        if full_name in (STRUCT, VALUE):
            return {
                "n": number,
                "x": [None, True, {"é🙂": f"{field.name} {number}"}, 0.5],
            }
        return _filled(field.message_type, depth - 1, numbers)
    if field.cpp_type == field.CPPTYPE_BOOL:
        return True
    if field.enum_type is not None:
        return 1 + number % 2
    if field.cpp_type != field.CPPTYPE_STRING:
        return LIMITS[field.cpp_type][1] - number
    text = f"{field.name} {number} é🙂"
    return text.encode() + b"\xff\0" if field.type == field.TYPE_BYTES else text


# ------------------------------------------------------------------ comparison


def same(a: Any, b: Any) -> bool:
    """Equality that tells types, -0.0 and unset apart, and takes NaN for equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        if math.isnan(a):
            return math.isnan(b)
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    names = getattr(a, "__field_names__", None)
    if names is None:
        return bool(a == b)
    return all(same(getattr(a, n), getattr(b, n)) for n in names)
