"""What does a message look like in which every field has a value, and each another?

Used on both ends: the test sends such messages and the plugin answers with such ones.
"""

from __future__ import annotations

import itertools
import zlib
from typing import Any

from mattermost_plugin.hooks import HOOKS

JSON_BYTES = b'{"name": "gr\\u00fc\\u00dfe", "list": [1, 2.5, null], "on": true}'
DEEPEST = 4
INTEGERS = ("int32", "int64", "uint32", "uint64")


def filled(full_name: str, *, without: tuple[str, ...] = ()) -> Any:
    """A protobuf message of that type; `without`: top-level fields that stay unset."""
    message = HOOKS.package.codec(full_name).message()
    numbers = itertools.count(zlib.crc32(full_name.encode()) % 1000 + 1)
    fill(message, numbers, DEEPEST, without)
    return message


def fill(message: Any, numbers: Any, depth: int, without: tuple[str, ...] = ()) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.name in without:
            continue
        if field.message_type is not None and depth == 0:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            fill_map(getattr(message, field.name), field.message_type, numbers, depth)
        elif is_repeated(field):
            items = getattr(message, field.name)
            for _ in range(2):
                if field.message_type is None:
                    items.append(scalar(field, numbers))
                else:
                    fill_message(items.add(), numbers, depth - 1)
        elif field.message_type is None:
            setattr(message, field.name, scalar(field, numbers))
        else:
            fill_message(getattr(message, field.name), numbers, depth - 1)


def is_repeated(field: Any) -> bool:
    """Newer protobufs have a property for it, older ones only the label."""
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == field.LABEL_REPEATED)


def fill_message(message: Any, numbers: Any, depth: int) -> None:
    name = message.DESCRIPTOR.full_name
    message.SetInParent()
    if name == "google.protobuf.Struct":
        message.update({"text": f"s{next(numbers)}", "deep": {"list": [1.5, None, True]}})
    elif name == "google.protobuf.Value":
        message.string_value = f"v{next(numbers)}"
    elif name == "google.protobuf.Any":
        message.type_url = "type.googleapis.com/google.protobuf.Empty"
    else:
        fill(message, numbers, depth)


def fill_map(items: Any, entry: Any, numbers: Any, depth: int) -> None:
    key = scalar(entry.fields_by_name["key"], numbers)
    value = entry.fields_by_name["value"]
    if value.message_type is None:
        items[key] = scalar(value, numbers)
    else:
        fill_message(items[key], numbers, depth - 1)


def scalar(field: Any, numbers: Any) -> Any:
    number = next(numbers)
    kind = field.type
    if kind == field.TYPE_STRING:
        return f"{field.name}-{number}-ü"
    if kind == field.TYPE_BYTES:
        return JSON_BYTES if field.name.endswith("_json") else b"\x00\xff" + str(number).encode()
    if kind == field.TYPE_BOOL:
        return True
    if kind in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
        return number + 0.5
    if kind == field.TYPE_ENUM:
        return field.enum_type.values[-1].number
    return number
