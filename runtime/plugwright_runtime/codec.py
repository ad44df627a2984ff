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
        model = codec.read(codec.message.FromString(data), keep_unknown)
    except Exception as error:
        raise DecodeError(f"not a {codec.model.__proto__}: {error}") from None
    return model


def to_json(model: Model, *, indent: int | None = None) -> str:
    """ProtoJSON of `model` (`json_name`s, 64-bit integers as strings, bytes as base64)."""
    from google.protobuf import json_format

    message = to_message(model)
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
        raise DecodeError(f"not a {codec.model.__proto__}: {error}") from None
    return model


def to_message(model: Model) -> Any:
    """The protobuf message of `model`, of the class in its package's private pool."""
    codec = model.__codec__
    message = codec.message()
    try:
        codec.write(model, message)
    except WRITE_ERRORS as error:
        raise _diagnosed(model, error) from None
    return message


def _diagnosed(model: Model, error: Exception) -> Exception:
    from .diagnosis import diagnose  # only when something is wrong

    return diagnose(model, error)
