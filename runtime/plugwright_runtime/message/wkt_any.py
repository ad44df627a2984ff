"""How is a message put into a google.protobuf.Any, and taken out again, with its type?

`AnyMessage.pack(model)` and `any_message.unpack(Model)`; where the type is not known beforehand,
`registry.unpack(any_message)` of a generated package finds it by the type URL.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self, TypeVar

from ..exceptions import DecodeError
from .codec import decode, encode
from .model import Model
from .unknown import Inside
from .wire import LONG, UnknownFieldSet, items, long_list
from .wkt_json import expect
from .wkt_time import read_duration, read_timestamp, write_duration, write_timestamp

PREFIX = "type.googleapis.com/"


@dataclasses.dataclass(slots=True)
class Empty:
    """A google.protobuf.Empty: equal to every other one."""


@dataclasses.dataclass(slots=True)
class FieldMask:
    """A google.protobuf.FieldMask: field names of the proto, dots between levels."""

    paths: list[str] = dataclasses.field(default_factory=list[str])

    @classmethod
    def of(cls, model: type[Model], *paths: str) -> Self:
        """A mask of fields that `model` has: `FieldMask.of(User, "name", "address.city")`.

        ValueError for a path that leads nowhere; only its last field may be a list or a map.
        """
        for path in paths:
            _check_path(model, path)
        return cls(list(paths))


Packable = Model | datetime | timedelta | Empty | FieldMask
P = TypeVar("P", bound=Packable)


@dataclasses.dataclass(slots=True)
class AnyMessage:
    """A google.protobuf.Any: the bytes of a message and the URL that names its type.

    The bytes are kept as they came, whether the type is known or not.
    """

    type_url: str = ""
    value: bytes = b""

    @classmethod
    def pack(cls, value: Packable, prefix: str = PREFIX) -> Self:
        """`value` in an Any whose type URL is `prefix` and the full name of its type.

        Packs models, and what stands for Timestamp, Duration, Empty and FieldMask. TypeError for
        all else; FieldError for a model with a value that its field cannot hold.
        """
        if isinstance(value, Model):
            return cls(prefix + value.__proto__, encode(value, deterministic=True))
        known = _well_known(type(value))
        message = known.message()
        known.write(value, message)
        return cls(prefix + known.name, message.SerializeToString())

    def is_(self, cls: type[Packable]) -> bool:
        """Whether the message is of the type that `cls` stands for."""
        return _full_name(cls) == self.type_name

    def unpack(self, cls: type[P]) -> P | None:
        """The message, if it is a `cls`; else None. DecodeError if its bytes are none."""
        if _full_name(cls) != self.type_name:
            return None
        if issubclass(cls, Model):
            return decode(cls, self.value)
        known = _well_known(cls)
        try:
            value: P = known.read(known.message.FromString(self.value))
        except Exception as error:
            raise DecodeError(f"not a {known.name}: {error}") from None
        return value

    @property
    def type_name(self) -> str:
        """The full name of the type: what follows the last `/` of the URL.

        >>> AnyMessage("type.googleapis.com/google.protobuf.Empty").type_name
        'google.protobuf.Empty'
        """
        return self.type_url.rpartition("/")[2]

    def __repr__(self) -> str:
        return f"AnyMessage(type_url={self.type_url!r}, value=<{len(self.value)} bytes>)"


def _full_name(cls: type) -> str:
    return cls.__proto__ if issubclass(cls, Model) else _well_known(cls).name


class _WellKnown(NamedTuple):
    """A well-known type: full name, protobuf class, and its two functions."""

    name: str
    message: Any
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]


def _well_known(cls: type) -> _WellKnown:
    """What a Python class stands for; TypeError if it is no well-known type."""
    from google.protobuf import duration_pb2, empty_pb2, field_mask_pb2, timestamp_pb2

    classes: dict[type, tuple[Any, Callable[..., Any], Callable[..., None]]] = {
        datetime: (timestamp_pb2.Timestamp, read_timestamp, write_timestamp),
        timedelta: (duration_pb2.Duration, read_duration, write_duration),
        Empty: (empty_pb2.Empty, read_empty, write_empty),
        FieldMask: (field_mask_pb2.FieldMask, read_field_mask, write_field_mask),
    }
    for base in cls.__mro__:
        if base in classes:
            message, read, write = classes[base]
            return _WellKnown(message.DESCRIPTOR.full_name, message, read, write)
    raise TypeError(f"expected a model or a well-known type, got {cls.__name__}")


def _check_path(model: type[Model], path: str) -> None:
    """ValueError unless `path` names a field of `model`."""
    from .descriptors import is_repeated

    message: Any = model.__codec__.message.DESCRIPTOR
    for step in path.split("."):
        field = None if message is None else message.fields_by_name.get(step)
        if field is None:
            here = "nothing is below"
            if message is not None:
                here = f"{message.name} has: {', '.join(message.fields_by_name)}"
            raise ValueError(f"{path!r} is no path of {model.__proto__}: no {step}; {here}")
        message = None if is_repeated(field) else field.message_type


def read_any(m: Any, inside: Inside = None) -> AnyMessage:
    """The `AnyMessage` of a google.protobuf.Any; nothing is unpacked."""
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
    return AnyMessage(m.type_url, m.value)


def write_any(value: AnyMessage, m: Any) -> None:
    """Fill a google.protobuf.Any; TypeError for anything but an `AnyMessage`."""
    expect(AnyMessage, value, "AnyMessage")
    m.type_url = value.type_url
    m.value = value.value


def read_empty(m: Any, inside: Inside = None) -> Empty:
    """The `Empty` of a google.protobuf.Empty."""
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
    return Empty()


def write_empty(value: Empty, m: Any) -> None:
    """Leave a google.protobuf.Empty as it is; TypeError for anything but an `Empty`."""
    expect(Empty, value, "Empty")


def read_field_mask(m: Any, inside: Inside = None) -> FieldMask:
    """The `FieldMask` of a google.protobuf.FieldMask, paths as they came."""
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
    return FieldMask(m.paths[:] if len(m.paths) < LONG else long_list(m.paths))


def write_field_mask(value: FieldMask, m: Any) -> None:
    """Fill a google.protobuf.FieldMask; TypeError unless it is a `FieldMask` of str."""
    expect(FieldMask, value, "FieldMask")
    m.paths.extend(items(value.paths))
