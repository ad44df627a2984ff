"""How do protobuf's well-known types become Python values?

For each type a pair: `read_X(m)` gives the value of the message `m`, and
`write_X(value, m)` fills `m`, which is fresh and already marked as present. `m` is a
message of that type from any descriptor pool, so it is known by its fields, never by
its class.

| google.protobuf                | Python                                            |
|--------------------------------|---------------------------------------------------|
| Struct, Value, ListValue       | dict, JSON value (`NULL` in a field), list        |
| Timestamp                      | aware `datetime` (`NanoDatetime`, if it must be)  |
| Duration                       | `timedelta` (`NanoTimedelta`, if it must be)      |
| DoubleValue ... BytesValue     | the bare value                                    |
| Any, Empty, FieldMask          | `AnyMessage`, `Empty`, `FieldMask`                |
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from .nanotime import NanoDatetime, NanoTimedelta
from .wire import items
from .wkt_json import (
    NULL,
    JSONObject,
    JSONValue,
    NullValue,
    expect,
    read_list_value,
    read_set_value,
    read_struct,
    read_value,
    write_list_value,
    write_struct,
    write_value,
)
from .wkt_time import read_duration, read_timestamp, write_duration, write_timestamp

__all__ = [
    "NULL",
    "AnyMessage",
    "Empty",
    "FieldMask",
    "JSONObject",
    "JSONValue",
    "NanoDatetime",
    "NanoTimedelta",
    "NullValue",
    "read_any",
    "read_duration",
    "read_empty",
    "read_field_mask",
    "read_list_value",
    "read_set_value",
    "read_struct",
    "read_timestamp",
    "read_value",
    "read_wrapper",
    "write_any",
    "write_duration",
    "write_empty",
    "write_field_mask",
    "write_list_value",
    "write_struct",
    "write_timestamp",
    "write_value",
    "write_wrapper",
]


@dataclasses.dataclass(slots=True)
class AnyMessage:
    """A google.protobuf.Any: the bytes of a message and the URL that names its type.

    The bytes are kept as they came, whether the type is known or not.
    """

    type_url: str = ""
    value: bytes = b""

    @property
    def type_name(self) -> str:
        """The full name of the type: what follows the last `/` of the URL.

        >>> AnyMessage("type.googleapis.com/google.protobuf.Empty").type_name
        'google.protobuf.Empty'
        """
        return self.type_url.rpartition("/")[2]

    def __repr__(self) -> str:
        return (
            f"AnyMessage(type_url={self.type_url!r}, value=<{len(self.value)} bytes>)"
        )


@dataclasses.dataclass(slots=True)
class Empty:
    """A google.protobuf.Empty: equal to every other one."""


@dataclasses.dataclass(slots=True)
class FieldMask:
    """A google.protobuf.FieldMask: field names of the proto, dots between levels."""

    paths: list[str] = dataclasses.field(default_factory=list[str])


def read_any(m: Any) -> AnyMessage:
    """The `AnyMessage` of a google.protobuf.Any; nothing is unpacked."""
    return AnyMessage(m.type_url, m.value)


def write_any(value: AnyMessage, m: Any) -> None:
    """Fill a google.protobuf.Any; TypeError for anything but an `AnyMessage`."""
    expect(AnyMessage, value, "AnyMessage")
    m.type_url = value.type_url
    m.value = value.value


def read_empty(m: Any) -> Empty:
    """The `Empty` of a google.protobuf.Empty."""
    return Empty()


def write_empty(value: Empty, m: Any) -> None:
    """Leave a google.protobuf.Empty as it is; TypeError for anything but an `Empty`."""
    expect(Empty, value, "Empty")


def read_field_mask(m: Any) -> FieldMask:
    """The `FieldMask` of a google.protobuf.FieldMask, paths as they came."""
    return FieldMask(m.paths[:])


def write_field_mask(value: FieldMask, m: Any) -> None:
    """Fill a google.protobuf.FieldMask; TypeError unless it is a `FieldMask` of str."""
    expect(FieldMask, value, "FieldMask")
    m.paths.extend(items(value.paths))


def read_wrapper(m: Any) -> Any:
    """The value of one of the nine wrappers (google/protobuf/wrappers.proto)."""
    return m.value


def write_wrapper(value: Any, m: Any) -> None:
    """Fill one of the nine wrappers.

    TypeError or ValueError for what the wrapped type cannot hold; OverflowError for a
    finite number that a FloatValue would turn into infinity.
    """
    zero: Any = m.value
    # protobuf would take bytes for text, and numbers for bools
    if isinstance(zero, str | bool):
        expect(type(zero), value, type(zero).__name__)
    m.value = value
    if isinstance(value, float) and math.isinf(m.value) and not math.isinf(value):
        raise OverflowError(f"{value!r} is too large for google.protobuf.FloatValue")
