"""Models in, bytes or ProtoJSON out, and back.

`encode` and `decode` are the wire format, `to_json` and `from_json` the canonical JSON mapping.
All four name the field in their errors: `User.create_at: expected int, got str`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

from ..exceptions import DecodeError, FieldError
from .model import Model
from .unknown import LARGE, read_large

if TYPE_CHECKING:
    from .known_types import Types
    from .protojson import JSONOptions, Text

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


class Codec(Generic[M]):
    """How one model class meets the wire.

    `message`: the protobuf class, from the package's pool; `parse(data) -> message`;
    `read(message, keep) -> model` and `write(model, message)` are the generated converters.
    `keep`: whether fields that the package does not know are kept in `__unknown__`; where there are
    any, reading uses the message up (see `unknown`).
    """

    __slots__ = ("message", "model", "package", "parse", "read", "write")

    def __init__(
        self,
        package: Types,
        model: type[M],
        message: Callable[[], Any],
        read: Callable[..., M],
        write: Callable[[M, Any], None],
    ) -> None:
        self.package = package
        self.model = model
        self.message: Any = message
        self.parse: Callable[[bytes], Any] = package.parser(message)
        self.read = read
        self.write = write

    def fields(self) -> dict[str, list[Any]]:
        """The descriptors behind each attribute: of one field, or of all members of a oneof."""
        from .descriptors import by_attribute  # protobuf is loaded with the first message

        return dict(
            zip(self.model.__field_names__, by_attribute(self.message.DESCRIPTOR), strict=True)
        )

    def field(self, attribute: str) -> Any:
        """The descriptor of the field behind an attribute, whose name may be escaped; None if there
        is none, or it is a oneof."""
        from .descriptors import in_oneof

        found = self.fields().get(attribute)
        return None if found is None or in_oneof(found[0]) else found[0]


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
    try:
        codec: Codec[M] = cls.__codec__
    except AttributeError:
        _expect_model(cls)
        raise
    try:
        if keep_unknown and len(data) > LARGE:
            model = read_large(codec.parse, codec.read, data)
        else:
            model = codec.read(codec.parse(data), keep_unknown)
    except Exception as error:
        raise unreadable(codec.model.__proto__, error) from None
    return model if cls is codec.model else _of_subclass(cls, model)


def to_json(model: Model, **options: Unpack[JSONOptions]) -> str:
    """ProtoJSON of `model` (`json_name`s, 64-bit integers as strings, bytes as base64).

    `options` are those of protobuf's `MessageToJson`, see `JSONOptions`. Raises FieldError for a
    value that JSON cannot hold.
    """
    from .protojson import Unprintable, text_of
    from .wire import only_utf8

    before = only_utf8.set(True)
    try:
        message = to_message(model)
    finally:
        only_utf8.reset(before)
    codec = model.__codec__
    cls, pool = codec.package.json(codec.message)
    if cls is not codec.message:
        data = codec.message.SerializePartialToString(message)
        try:
            message = codec.package.parser(cls)(data)
        except Exception as error:
            expected = f"extensions that are what their protos say ({error})"
            raise FieldError(cls.DESCRIPTOR.name, expected, model) from None
    try:
        return text_of(message, pool, options)
    except Unprintable as error:
        from .secrecy import hidden_path

        expected = "a value that JSON can hold"
        if (path := hidden_path(codec.package, error.path)) is not None:
            raise FieldError(path, expected, error.value, hidden=True) from None
        expected = f"{expected} ({error.problem})"
        raise FieldError(error.path, expected, error.value) from None


def from_json(cls: type[M], text: Text, *, ignore_unknown_fields: bool = False) -> M:
    """The model of class `cls` in ProtoJSON `text`, which may be UTF-8 bytes.

    Accepts `json_name`s and proto names, not both of one field. `ignore_unknown_fields` passes
    over fields and enum values that the package does not know. Raises DecodeError, naming the
    field, if `text` is no such message.
    """
    from .protojson import fill

    try:
        codec: Codec[M] = cls.__codec__
    except AttributeError:
        _expect_model(cls)
        raise
    extended, pool = codec.package.json(codec.message)
    message = extended()
    try:
        fill(message, text, pool, ignore_unknown_fields)
        if extended is not codec.message:
            message = codec.parse(extended.SerializePartialToString(message))
        model = codec.read(message, True)
    except Exception as error:
        from .secrecy import without_secrets

        shown = ValueError(without_secrets(codec.package, error))
        raise unreadable(codec.model.__proto__, shown) from None
    return model if cls is codec.model else _of_subclass(cls, model)


def _of_subclass(cls: type[M], model: M) -> M:
    """A program's own class with the fields of `model`, whose generated class it extends."""
    made = cls(**{name: getattr(model, name) for name in model.__field_names__})
    made.__unknown__ = model.__unknown__
    return made


def _expect_model(cls: object) -> None:
    if not (isinstance(cls, type) and issubclass(cls, Model)):
        raise TypeError(f"expected a model, got {cls!r}") from None


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
    try:
        codec = model.__codec__
    except AttributeError:
        _expect_model(type(model))
        raise
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
    codec: Codec[Any] = model.__codec__
    field = codec.field(attribute)
    if field is None:
        return None
    if field.enum_type is not None:
        return codec.package.enum(field.enum_type.full_name)(field.default_value)
    return field.default_value


def _diagnosed(model: Model, error: Exception) -> Exception:
    from .diagnosis import diagnose  # only when something is wrong

    return diagnose(model, error)
