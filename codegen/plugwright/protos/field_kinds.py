"""What is the kind of a field, as its descriptors tell?"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor, descriptor_pb2

from .schema import (
    EnumKind,
    Kind,
    ListKind,
    MapKind,
    MessageKind,
    Scalar,
    ScalarKind,
    SingularKind,
)

_Proto = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    _Proto.TYPE_DOUBLE: Scalar.DOUBLE,
    _Proto.TYPE_FLOAT: Scalar.FLOAT,
    _Proto.TYPE_INT64: Scalar.INT64,
    _Proto.TYPE_UINT64: Scalar.UINT64,
    _Proto.TYPE_INT32: Scalar.INT32,
    _Proto.TYPE_FIXED64: Scalar.FIXED64,
    _Proto.TYPE_FIXED32: Scalar.FIXED32,
    _Proto.TYPE_BOOL: Scalar.BOOL,
    _Proto.TYPE_STRING: Scalar.STRING,
    _Proto.TYPE_BYTES: Scalar.BYTES,
    _Proto.TYPE_UINT32: Scalar.UINT32,
    _Proto.TYPE_SFIXED32: Scalar.SFIXED32,
    _Proto.TYPE_SFIXED64: Scalar.SFIXED64,
    _Proto.TYPE_SINT32: Scalar.SINT32,
    _Proto.TYPE_SINT64: Scalar.SINT64,
}


def is_message(proto: descriptor_pb2.FieldDescriptorProto) -> bool:
    return proto.type in (_Proto.TYPE_MESSAGE, _Proto.TYPE_GROUP)


def kind(
    proto: descriptor_pb2.FieldDescriptorProto,
    maps: dict[str, descriptor_pb2.DescriptorProto],
    repeated: bool,
) -> Kind:
    """`maps`: the entries of maps among the message's nested types, by full name with a dot."""
    if repeated and proto.type == _Proto.TYPE_MESSAGE:
        entry = maps.get(proto.type_name)
        if entry is not None:
            key, value = entry.field
            return MapKind(_SCALARS[key.type], _singular(value))
    element = _singular(proto)
    return ListKind(element) if repeated else element


def _singular(proto: descriptor_pb2.FieldDescriptorProto) -> SingularKind:
    if proto.type == _Proto.TYPE_ENUM:
        return EnumKind(proto.type_name.lstrip("."))
    if is_message(proto):
        return MessageKind(proto.type_name.lstrip("."))
    return ScalarKind(_SCALARS[proto.type])


def is_unchecked(d: Any, part: str) -> bool:
    """Whether a field, or the `part` of a map, is text that need not be UTF-8."""
    if d.message_type is not None and d.message_type.GetOptions().map_entry:
        d = d.message_type.fields_by_name[part]
    if d.type != _Proto.TYPE_STRING:
        return False
    validation = d._GetFeatures().utf8_validation
    return bool(validation == descriptor_pb2.FeatureSet.NONE)


def is_required(d: Any) -> bool:
    if hasattr(type(d), "is_required"):
        return bool(d.is_required)
    return bool(d.label == descriptor.FieldDescriptor.LABEL_REQUIRED)
