"""Models in, bytes or ProtoJSON out, and back.

`encode` and `decode` are the wire format, `to_json` and `from_json` the canonical JSON mapping.
All four name the field in their errors: `User.create_at: expected int, got str`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from .errors import DecodeError
from .model import Model
from .package import Codec

M = TypeVar("M", bound=Model)

# What a wrong value in a model makes protobuf or a converter raise.
WRITE_ERRORS = (
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
    KeyError,
)


def encode(model: Model, *, deterministic: bool = False) -> bytes:
    """The wire format of `model`; with `deterministic`, maps are sorted by key.

    Raises FieldError for a value that its field cannot hold.
    """
    message = to_message(model)
    try:
        serialize = type(message).SerializeToString  # a field may hide the instance's
        data: bytes = serialize(message, deterministic=deterministic)
    except Exception as error:
        raise _diagnosed(model, error) from None
    return data


def decode(cls: type[M], data: bytes, *, keep_unknown: bool = True) -> M:
    """The model of class `cls` in `data`. Raises DecodeError if `data` is no such message.

    Fields that the package does not know, nested ones too, are kept and sent back on encoding.
    `keep_unknown=False` drops them, which saves a tenth of the time on lists of small messages.
    """
    codec: Codec[M] = cls.__codec__
    try:
        model = codec.read(codec.parse(data), keep_unknown)
    except Exception as error:
        raise unreadable(codec.model.__proto__, error) from None
    return model


def to_json(model: Model, *, indent: int | None = None) -> str:
    """ProtoJSON of `model` (`json_name`s, 64-bit integers as strings, bytes as base64)."""
    from google.protobuf import json_format

    from .wire import only_utf8

    before = only_utf8.set(True)
    try:
        message = to_message(model)
    finally:
        only_utf8.reset(before)
    try:
        return json_format.MessageToJson(
            message, indent=indent, descriptor_pool=model.__codec__.package.pool
        )
    except Exception as error:
        raise _diagnosed(model, error) from None


def from_json(cls: type[M], text: str, *, ignore_unknown_fields: bool = False) -> M:
    """The model of class `cls` in ProtoJSON `text`; accepts `json_name`s and proto names.

    Raises DecodeError, naming the field, if `text` is no such message.
    """
    from google.protobuf import json_format

    codec: Codec[M] = cls.__codec__
    message = codec.message()
    try:
        # protobuf takes an empty list for a message
        if not text.lstrip().startswith("{"):
            raise ValueError("expected a JSON object")
        json_format.Parse(
            text,
            message,
            ignore_unknown_fields=ignore_unknown_fields,
            descriptor_pool=codec.package.pool,
        )
        model = codec.read(message)
    except Exception as error:
        raise unreadable(codec.model.__proto__, error) from None
    return model


def unreadable(name: str, error: Exception) -> DecodeError:
    """The error for bytes or text that are no message called `name`, because of `error`."""
    text = str(error)
    if "MaxDepth" in text:  # upb says it in its own words
        text = "messages nest more than 100 levels deep"
    elif len(text) > 500:  # json_format repeats itself for each level
        text = f"{text[:200]} ... {text[-200:]}"
    return DecodeError(f"not a {name}: {text}")


def to_message(model: Model) -> Any:
    """The protobuf message of `model`, of the class in its package's private pool."""
    codec = model.__codec__
    message = codec.message()
    try:
        codec.write(model, message)
    except WRITE_ERRORS as error:
        raise _diagnosed(model, error) from None
    return message


def value_or_default(model: Model, attribute: str) -> Any:
    """The value of an attribute, or what an unset scalar or enum of the protos reads as.

    That is the `[default = ...]` of its field, else its zero value; None for messages and oneofs.
    """
    value = getattr(model, attribute)
    if value is not None:
        return value
    from .diagnosis import by_attribute, is_synthetic

    codec = model.__codec__
    fields = by_attribute(codec.message.DESCRIPTOR)
    field = dict(zip(codec.model.__field_names__, fields, strict=True))[attribute][0]
    in_oneof = field.containing_oneof is not None and not is_synthetic(field)
    if field.message_type is not None or in_oneof:
        return None
    if field.enum_type is not None:
        return codec.package.enum(field.enum_type.full_name)(field.default_value)
    return field.default_value


def _diagnosed(model: Model, error: Exception) -> Exception:
    from .diagnosis import diagnose  # only when something is wrong

    return diagnose(model, error)
