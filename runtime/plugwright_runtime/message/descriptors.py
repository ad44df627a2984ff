"""What do protobuf's descriptors say of the fields behind the attributes of a model?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor


def by_attribute(descriptor: Any) -> Iterator[list[Any]]:
    """The fields behind each attribute: one, or all the members of a oneof."""
    seen: set[str] = set()
    for field in descriptor.fields:
        oneof = field.containing_oneof
        if oneof is None or is_synthetic(field):
            yield [field]
        elif oneof.name not in seen:
            seen.add(oneof.name)
            yield list(oneof.fields)


def is_synthetic(field: Any) -> bool:
    """A proto3 `optional` field sits in a oneof of its own, named with an underscore before."""
    oneof = field.containing_oneof
    if oneof is None or len(oneof.fields) != 1 or oneof.name != f"_{field.name}":
        return False
    from google.protobuf.descriptor_pb2 import DescriptorProto

    proto = DescriptorProto()  # only it says so for certain
    field.containing_type.CopyToProto(proto)
    return bool(proto.field[field.index].proto3_optional)


def is_repeated(field: Any) -> bool:
    """Whether a field descriptor is of a list or a map, whatever protobuf's version."""
    if hasattr(type(field), "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)


def is_required(field: Any) -> bool:
    """Whether a field of proto2 must be set."""
    if hasattr(type(field), "is_required"):
        return bool(field.is_required)
    return bool(field.label == FieldDescriptor.LABEL_REQUIRED)


def is_map(field: Any) -> bool:
    """Whether a field is a map: to protobuf a list of messages with a key and a value."""
    nested = field.message_type
    return nested is not None and bool(nested.GetOptions().map_entry)


def in_oneof(field: Any) -> bool:
    """Whether a field is a member of a oneof that the proto declares."""
    return field.containing_oneof is not None and not is_synthetic(field)
