"""How do protobuf's well-known types become Python values?

For each type a pair: `read_X(m)` gives the value of the message `m`, and
`write_X(value, m)` fills `m`, which is fresh and already marked as present. `m` is a
message of that type from any descriptor pool, so it is known by its fields, never by
its class.

| google.protobuf                | Python                                            |
|--------------------------------|---------------------------------------------------|
| Struct, Value, ListValue       | dict, JSON value (`NULL` in a field), list        |
| Timestamp                      | aware `datetime` (`NanoDatetime`, if it must be;  |
|                                | `RawDatetime`, if it is none)                     |
| Duration                       | `timedelta` (`NanoTimedelta`, `RawTimedelta`)     |
| DoubleValue ... BytesValue     | the bare value                                    |
| Any, Empty, FieldMask          | `AnyMessage`, `Empty`, `FieldMask`                |
"""

from __future__ import annotations

import math
from typing import Any

from .nanotime import NanoDatetime, NanoTimedelta
from .rawtime import RawDatetime, RawTimedelta
from .unknown import Inside
from .wire import UnknownFieldSet
from .wkt_any import (
    AnyMessage,
    Empty,
    FieldMask,
    read_any,
    read_empty,
    read_field_mask,
    write_any,
    write_empty,
    write_field_mask,
)
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
    "RawDatetime",
    "RawTimedelta",
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


def read_wrapper(m: Any, inside: Inside = None) -> Any:
    """The value of one of the nine wrappers (google/protobuf/wrappers.proto)."""
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
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
    if isinstance(zero, float) and math.isinf(m.value) and not math.isinf(value):
        raise OverflowError(f"{value!r} is too large for google.protobuf.FloatValue")
