"""Which field of a model made its encoding fail, and what does it accept?

Converters are straight lines without checks; protobuf refuses a wrong value without saying where.
So when an encoding has failed, and only then, this walks the model beside its descriptor, tries
each value by itself, and returns an error that names the first culprit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

from .descriptors import by_attribute, is_repeated, is_required, is_synthetic
from .errors import FieldError
from .model import Model, OneofCase
from .package import Package

_EXPECTED = {
    FieldDescriptor.CPPTYPE_STRING: "str",
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
}
# Models nest as deeply as protobuf parses; a cycle would never end.
_MAX_DEPTH = 100


class _At(NamedTuple):
    """`package`: the one of the message a value is in; `depth`: how many messages that is in."""

    package: Package
    depth: int


def diagnose(model: Model, error: Exception) -> FieldError:
    """A FieldError that names the field; without one, what the encoder said."""
    name = type(model).__qualname__
    for path, expected, value in _wrong(model, name, 0):
        return FieldError(path, expected, value)
    return FieldError(name, f"a model that can be encoded ({error})", model)


def _wrong(model: Any, path: str, depth: int) -> Iterator[tuple[str, str, Any]]:
    """(path, what is expected, what is there) for each value that cannot be encoded."""
    if depth > _MAX_DEPTH:
        steps = path.split(".")
        short = ".".join([*steps[:8], "...", *steps[-4:]])
        yield short, f"a message nested at most {_MAX_DEPTH} levels deep", model
        return
    codec = model.__codec__
    at = _At(codec.package, depth)
    for attribute, fields in zip(
        codec.model.__field_names__, by_attribute(codec.message.DESCRIPTOR), strict=True
    ):
        place = f"{path}.{attribute}"
        try:
            value = getattr(model, attribute)
        except AttributeError:
            yield place, "a value", None
            continue
        oneof = fields[0].containing_oneof
        if (
            oneof is not None
            and len(oneof.fields) == len(fields)
            and not is_synthetic(fields[0])
        ):
            yield from _wrong_oneof(codec.message, fields, value, place, at)
        else:
            yield from _wrong_field(codec.message, fields[0], value, place, at)


def _wrong_oneof(
    message: Any, fields: list[Any], value: Any, place: str, at: _At
) -> Iterator[tuple[str, str, Any]]:
    if value is None:
        return
    if not isinstance(value, OneofCase):
        yield place, "a case of the oneof or None", value
        return
    field = next((f for f in fields if f.name == type(value).__proto_field__), None)
    if field is None:
        yield place, "a case of this oneof", value
        return
    inner = f"{place} ({type(value).__name__})"
    yield from _wrong_field(message, field, value.value, inner, at, required=True)


def _wrong_field(
    message: Any, field: Any, value: Any, place: str, at: _At, required: bool = False
) -> Iterator[tuple[str, str, Any]]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        yield from _wrong_map(message, field, value, place, at)
    elif is_repeated(field):
        if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
            yield place, "list", value
            return
        for i, element in enumerate(value):
            yield from _wrong_value(message, field, element, f"{place}[{i}]", at)
    elif value is None and field.has_presence and not required:
        if is_required(field):
            yield place, "a value, for the proto requires one", value
    else:
        yield from _wrong_value(message, field, value, place, at)


def _wrong_map(
    message: Any, field: Any, value: Any, place: str, at: _At
) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(value, Mapping):
        yield place, "dict", value
        return
    entry = field.message_type
    probe = _probe(entry)
    for key, element in value.items():
        yield from _wrong_value(
            probe, entry.fields_by_name["key"], key, f"{place} key", at
        )
        inner = f"{place}[{key!r}]"
        yield from _wrong_value(
            probe, entry.fields_by_name["value"], element, inner, at
        )


def _probe(descriptor: Any) -> Any:
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(descriptor)


def _wrong_value(
    message: Any, field: Any, value: Any, place: str, at: _At
) -> Iterator[tuple[str, str, Any]]:
    if field.message_type is None:
        if problem := _refused(message, field, value):
            yield place, problem, value
    elif field.message_type.full_name.startswith("google.protobuf."):
        if problem := _refused_well_known(field.message_type, value):
            yield place, problem, value
    elif not isinstance(value, Model) or value.__codec__ is not at.package.codec(
        field.message_type.full_name
    ):
        yield place, field.message_type.name, value
    else:
        yield from _wrong(value, place, at.depth + 1)


def _refused(message: Any, field: Any, value: Any) -> str:
    """What the scalar or enum field accepts, if it refuses `value`; else ""."""
    # Converters refuse these two, protobuf takes them.
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL and not isinstance(value, bool):
        return "bool"
    if field.type == FieldDescriptor.TYPE_STRING and isinstance(value, bytes):
        return "str"
    probe = message()
    try:
        if is_repeated(field):
            getattr(probe, field.name).append(value)
        else:
            setattr(probe, field.name, value)
        probe.SerializePartialToString()
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        return _expectation(field, value, error)
    return ""


def _expectation(field: Any, value: Any, error: Exception) -> str:
    if field.enum_type is not None:
        return f"{field.enum_type.name}"
    expected = _EXPECTED.get(field.cpp_type, "int")
    if field.type == FieldDescriptor.TYPE_BYTES:
        expected = "bytes"
    if type(value).__name__ != expected:
        return expected
    if expected == "str":
        return "text that UTF-8 can hold (no lone surrogates)"
    return f"{expected} within the range of the field"


def _refused_well_known(descriptor: Any, value: Any) -> str:
    from . import wkt

    name = descriptor.name
    write = getattr(wkt, f"write_{_WELL_KNOWN.get(name, 'wrapper')}")
    try:
        write(value, _probe(descriptor)())
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        return f"a value for google.protobuf.{name} ({error})"
    return ""


_WELL_KNOWN = {
    "Struct": "struct",
    "Value": "value",
    "ListValue": "list_value",
    "Timestamp": "timestamp",
    "Duration": "duration",
    "Any": "any",
    "Empty": "empty",
    "FieldMask": "field_mask",
}
