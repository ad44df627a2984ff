"""Which messages can there be? hypothesis strategies from descriptors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugwright_runtime import codec
from plugwright_runtime.message.package import Package

_INT32 = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, 1, -1])
_INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 2**53 + 1])
_UINT32 = st.integers(0, 2**32 - 1)
_UINT64 = st.integers(0, 2**64 - 1)
_F = FieldDescriptor
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    _F.TYPE_DOUBLE: st.floats(),
    _F.TYPE_FLOAT: st.floats(width=32),
    _F.TYPE_INT32: _INT32,
    _F.TYPE_SINT32: _INT32,
    _F.TYPE_SFIXED32: _INT32,
    _F.TYPE_INT64: _INT64,
    _F.TYPE_SINT64: _INT64,
    _F.TYPE_SFIXED64: _INT64,
    _F.TYPE_UINT32: _UINT32,
    _F.TYPE_FIXED32: _UINT32,
    _F.TYPE_UINT64: _UINT64,
    _F.TYPE_FIXED64: _UINT64,
    _F.TYPE_BOOL: st.booleans(),
    _F.TYPE_STRING: st.text(max_size=8),
    _F.TYPE_BYTES: st.binary(max_size=8),
}
_DEPTH = 3
# Field 2**29 - 1, the highest there can be, with a length, a varint and a group: known to nobody.
_UNKNOWN = st.sampled_from(
    [
        b"",
        b"\xfa\xff\xff\xff\x0f\x01x",
        b"\xf8\xff\xff\xff\x0f\x07",
        b"\xfb\xff\xff\xff\x0f\xfc\xff\xff\xff\x0f",
    ]
)


def always_the_same(examples: int) -> settings:
    """Settings of hypothesis for so many examples, which no run chooses or keeps for itself."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def round_trips(registry: Package, examples: int) -> int:
    """Check that no message of a package loses a bit on its way through its model.

    Bytes become a model, and that the same bytes; so do its copies. Returns how many messages
    there are.
    """
    names = list(registry.messages())
    for name in names:
        model = registry.message(name)

        @always_the_same(examples)
        @given(encoded(registry.codec(name).message.DESCRIPTOR))
        def round_trip(data: bytes) -> None:
            first = codec.decode(model, data)
            assert codec.encode(first, deterministic=True) == data
            again = codec.decode(model, codec.encode(first))
            assert again == first or "nan" in repr(first)
            for copied in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
                assert codec.encode(copied, deterministic=True) == data

        round_trip()
    return len(names)


@st.composite
def encoded(draw: st.DrawFn, descriptor: Descriptor) -> bytes:
    """The bytes of a message, in the one order that protobuf calls deterministic."""
    message = GetMessageClass(descriptor)()
    _fill(draw, message, 0)
    data: bytes = type(message).SerializeToString(message, deterministic=True)
    return data


def _fill(draw: st.DrawFn, message: Any, depth: int) -> None:
    descriptor = type(message).DESCRIPTOR
    if special := _SPECIAL.get(descriptor.full_name):
        special(draw, message)
        return
    chosen = {o.name: draw(st.sampled_from(list(o.fields))) for o in descriptor.oneofs}
    for field in descriptor.fields:
        oneof = field.containing_oneof
        if oneof is not None and chosen[oneof.name] is not field:
            continue
        if field.is_required or draw(st.booleans()):
            _set(draw, message, field, depth)
    if descriptor.GetOptions().message_set_wire_format:
        # protobuf does not show what is in one apart from items of message sets.
        type(message).MergeFromString(message, b"\x0b\x10\x05\x1a\x02hi\x0c")
    elif unknown := draw(_UNKNOWN):
        type(message).MergeFromString(message, unknown)


def _set(draw: st.DrawFn, message: Any, field: FieldDescriptor, depth: int) -> None:
    if field.message_type is not None and depth >= _DEPTH and not field.is_required:
        return
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        _set_map(draw, getattr(message, field.name), field.message_type, depth)
    elif field.is_repeated:
        values = getattr(message, field.name)
        for _ in range(draw(st.integers(0, 2))):
            if field.message_type is not None:
                _fill(draw, values.add(), depth + 1)
            else:
                values.append(draw(_value(field)))
    elif field.message_type is not None:
        inner = getattr(message, field.name)
        type(inner).SetInParent(inner)
        _fill(draw, inner, depth + 1)
    else:
        setattr(message, field.name, draw(_value(field)))


def _set_map(draw: st.DrawFn, values: Any, entry: Descriptor, depth: int) -> None:
    key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
    for _ in range(draw(st.integers(0, 2))):
        k = draw(_value(key))
        if value.message_type is not None:
            _fill(draw, values[k], depth + 1)
        else:
            values[k] = draw(_value(value))


def _value(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.enum_type is None:
        return _SCALARS[field.type]
    known = st.sampled_from([v.number for v in field.enum_type.values])
    return known if field.enum_type.is_closed else known | _INT32


def _timestamp(draw: st.DrawFn, m: Any) -> None:
    m.seconds = draw(st.integers(-62_135_596_800, 253_402_300_799))
    m.nanos = draw(st.integers(0, 999_999_999))


def _duration(draw: st.DrawFn, m: Any) -> None:
    sign = draw(st.sampled_from([-1, 1]))
    m.seconds = sign * draw(st.integers(0, 315_576_000_000))
    m.nanos = sign * draw(st.integers(0, 999_999_999))


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def _set_json(m: Any, value: Any) -> None:
    if value is None:
        m.null_value = 0
    elif isinstance(value, bool):
        m.bool_value = value
    elif isinstance(value, float):
        m.number_value = value
    elif isinstance(value, str):
        m.string_value = value
    elif isinstance(value, list):
        m.list_value.SetInParent()
        for item in value:
            _set_json(m.list_value.values.add(), item)
    else:
        m.struct_value.SetInParent()
        for key, item in value.items():
            _set_json(m.struct_value.fields[key], item)


def _struct(draw: st.DrawFn, m: Any) -> None:
    for key, item in draw(st.dictionaries(st.text(max_size=3), _JSON, max_size=2)).items():
        _set_json(m.fields[key], item)


def _list_value(draw: st.DrawFn, m: Any) -> None:
    for item in draw(st.lists(_JSON, max_size=2)):
        _set_json(m.values.add(), item)


def _any(draw: st.DrawFn, m: Any) -> None:
    m.type_url, m.value = draw(st.text(max_size=5)), draw(st.binary(max_size=5))


def _field_mask(draw: st.DrawFn, m: Any) -> None:
    m.paths.extend(draw(st.lists(st.text(max_size=5), max_size=2)))


def _wrapper(draw: st.DrawFn, m: Any) -> None:
    m.value = draw(_value(type(m).DESCRIPTOR.fields_by_name["value"]))


# What a well-known type may hold is more than a type: a message with more is refused.
_SPECIAL = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list_value,
    "google.protobuf.Value": lambda draw, m: _set_json(m, draw(_JSON)),
    "google.protobuf.Any": _any,
    "google.protobuf.FieldMask": _field_mask,
    "google.protobuf.Empty": lambda draw, m: None,
} | {
    f"google.protobuf.{name}Value": _wrapper
    for name in (
        "Double",
        "Float",
        "Int64",
        "UInt64",
        "Int32",
        "UInt32",
        "Bool",
        "String",
        "Bytes",
    )
}
