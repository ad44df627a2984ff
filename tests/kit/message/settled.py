"""What does protobuf make of a message whose Values may have no kind? It is settled beforehand."""

from __future__ import annotations

from typing import Any


def settled(message: Any) -> Any:
    """`message` with a kind in every Value; without those of singular fields that have none."""
    for field, value in message.ListFields():
        inner = field.message_type
        if inner is None:
            continue
        if inner.GetOptions().map_entry:
            if message.DESCRIPTOR.file.package != "unchecked.v1" and (
                inner.fields_by_name["value"].message_type is not None
            ):
                for key in list(value):
                    _settle(value[key])
        elif hasattr(value, "add"):
            for element in value:
                _settle(element)
        elif (
            inner.name == "Value"
            and value.WhichOneof("kind") is None
            and field.containing_oneof is None
        ):
            message.ClearField(field.name)
        else:
            _settle(value)
    return message


def _settle(message: Any) -> None:
    is_value = message.DESCRIPTOR.full_name == "google.protobuf.Value"
    if is_value and message.WhichOneof("kind") is None:
        message.null_value = 0
    settled(message)


def serialized(message: Any) -> bytes:
    data: bytes = message.SerializePartialToString(deterministic=True)
    return data
