"""Do well-known types survive the way to protobuf and back, and does what cannot fail clearly?

The message classes come from a private pool, as in generated SDKs. Expected wire values are
written out by hand or made by protobuf's own generated classes.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
import re
from collections import ChainMap
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from google.protobuf import (
    any_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from plugwright_runtime.message import wkt

_FILES = (
    any_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
_POOL = descriptor_pool.DescriptorPool()
for _file in _FILES:
    _POOL.AddSerializedFile(_file.DESCRIPTOR.serialized_pb)


def message(name: str, **fields: Any) -> Any:
    """A message of google.protobuf.`name` from the private pool."""
    descriptor = _POOL.FindMessageTypeByName(f"google.protobuf.{name}")
    return message_factory.GetMessageClass(descriptor)(**fields)


def written(name: str, kind: str, value: Any) -> Any:
    """What arrives at the peer when `value` is written."""
    m = message(name)
    getattr(wkt, f"write_{kind}")(value, m)
    return type(m).FromString(m.SerializeToString())


def there_and_back(name: str, kind: str, value: Any) -> Any:
    return getattr(wkt, f"read_{kind}")(written(name, kind, value))


def same(a: Any, b: Any) -> bool:
    """Equal, of the same types all the way down, and NaN equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return (a == b or a != a != b) and math.copysign(1, a) == math.copysign(1, b)
    return bool(a == b)


# ------------------------------------------------------------------ JSON

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats().filter(lambda x: not (x.is_integer() and abs(x) <= 2**53))
    | st.just(-0.0)
    | _TEXT
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: (st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)),
    max_leaves=20,
)


@given(_JSON)
@example([[], {}, [[]], {"": {}}, "", 0, False, None, -0.0, 2**53, -(2**53)])
def test_json_values_keep_value_and_type(value: Any) -> None:
    assert same(there_and_back("Value", "value", value), value)
    assert same(there_and_back("ListValue", "list_value", [value]), [value])
    assert same(there_and_back("Struct", "struct", {"k": value}), {"k": value})


@given(_JSON.filter(lambda value: value == value))
def test_the_wire_is_what_protobuf_writes(value: Any) -> None:
    # Structs of the library itself, filled by its own means, say the same.
    theirs = struct_pb2.Struct()
    theirs.update({"k": value})
    ours = written("Struct", "struct", {"k": value})
    assert struct_pb2.Struct.FromString(ours.SerializeToString()) == theirs


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        (1.0, 1),
        (0.0, 0),
        (-0.0, -0.0),
        (1.5, 1.5),
        (-3.0, -3),
        (2.0**53, 2**53),
        (-(2.0**53), -(2**53)),
        (2.0**53 + 2, 2.0**53 + 2),
        (-(2.0**53) - 2, -(2.0**53) - 2),
        (1e300, 1e300),
        (5e-324, 5e-324),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (math.nan, math.nan),
    ],
)
def test_numbers_read_as_int_only_where_that_is_exact(wire: float, value: float) -> None:
    assert same(wkt.read_value(message("Value", number_value=wire)), value)


def test_a_value_without_a_kind_is_none() -> None:
    assert wkt.read_value(message("Value")) is None
    assert wkt.read_list_value(message("ListValue", values=[{}, {}])) == [None, None]


def test_every_kind_is_set_even_to_its_zero() -> None:
    kinds: dict[str, Any] = {
        "null_value": None,
        "number_value": 0,
        "string_value": "",
        "bool_value": False,
        "struct_value": {},
        "list_value": [],
    }
    for kind, value in kinds.items():
        m = written("Value", "value", value)
        assert m.WhichOneof("kind") == kind
        assert same(wkt.read_value(m), value)


class _Level(IntEnum):
    HIGH = 3


class _Color(StrEnum):
    RED = "red"


class _Name(str):
    __slots__ = ()


class _Ratio(float):
    __slots__ = ()


@pytest.mark.parametrize(
    ("given_value", "value"),
    [
        ((1, ("a",)), [1, ["a"]]),
        (MappingProxyType({"a": ChainMap({"b": 1})}), {"a": {"b": 1}}),
        (MappingProxyType({}), {}),
        ({_Name("a"): _Name("b")}, {"a": "b"}),
        ([_Level.HIGH, _Color.RED, _Ratio(0.5)], [3, "red", 0.5]),
        (2**53 + 2, 2.0**53 + 2),
        (2**1000, 2.0**1000),
    ],
)
def test_near_relatives_of_json_types_are_taken(given_value: Any, value: Any) -> None:
    assert same(there_and_back("Value", "value", given_value), value)


def test_struct_and_list_take_mappings_and_tuples() -> None:
    assert there_and_back("Struct", "struct", MappingProxyType({"a": 1})) == {"a": 1}
    assert there_and_back("ListValue", "list_value", (1, 2)) == [1, 2]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ({1}, TypeError, "expected a JSON value, got set"),
        (
            {"a": [0, 1, {2}]},
            TypeError,
            "expected a JSON value at ['a'][2], got set",
        ),
        ({"a": {"b": b"x"}}, TypeError, "expected a JSON value at ['a']['b'], got byt"),
        ([[1, 1j]], TypeError, "expected a JSON value at [0][1], got complex"),
        ({"a": {1: 2}}, TypeError, "expected str as key at ['a'][1], got int"),
        ({b"a": 2}, TypeError, "expected str as key at [b'a'], got bytes"),
        (
            {"id": 2**53 + 1},
            ValueError,
            "9007199254740993 at ['id'] cannot be held exactly by"
            " google.protobuf.Value; send it as str",
        ),
        (
            -(2**53) - 1,
            ValueError,
            "-9007199254740993 cannot be held exactly by google.protobuf.Value",
        ),
        ([1 << 20000], ValueError, "an int of 20001 bits at [0] cannot be held"),
        ({"a": "\ud800"}, ValueError, "the text at ['a'] holds a lone surrogate"),
        ({"a": ["", "\udfff"]}, ValueError, "the text at ['a'][1] holds a lone surr"),
        ({"\ud800": 1}, ValueError, "the text at ['\\ud800'] holds a lone surrogate"),
        ("\ud800", ValueError, "the text holds a lone surrogate"),
    ],
)
def test_what_is_not_json_is_named_with_its_path(
    value: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match="^" + re.escape(text)) as caught:
        wkt.write_value(value, message("Value"))
    assert type(caught.value) is error
    assert caught.value.__suppress_context__
    if isinstance(value, dict):
        with pytest.raises(error, match="^" + re.escape(text)):
            wkt.write_struct(value, message("Struct"))
    if isinstance(value, list):
        with pytest.raises(error, match="^" + re.escape(text)):
            wkt.write_list_value(value, message("ListValue"))


@pytest.mark.parametrize("value", [None, [], "text", 1, [("a", 1)]])
def test_a_struct_is_a_mapping(value: Any) -> None:
    got = type(value).__name__
    with pytest.raises(TypeError, match=f"expected a dict of JSON values, got {got}"):
        wkt.write_struct(value, message("Struct"))


@pytest.mark.parametrize("value", [None, {}, "text", {1}, iter([])])
def test_a_list_value_is_a_list(value: Any) -> None:
    got = type(value).__name__
    with pytest.raises(TypeError, match=f"expected a list of JSON values, got {got}"):
        wkt.write_list_value(value, message("ListValue"))


def _nested(kind: type, levels: int) -> Any:
    value: Any = kind()
    for _ in range(levels - 1):
        value = {"a": value} if kind is dict else kind([value])
    return value


@pytest.mark.parametrize("kind", [dict, list, tuple])
def test_a_hundred_levels_and_no_more(kind: type) -> None:
    m = message("Value")
    wkt.write_value(_nested(kind, 100), m)
    assert wkt.read_value(m) == _nested(dict if kind is dict else list, 100)
    for levels in (101, 5000):
        with pytest.raises(ValueError, match="nested deeper than 100 levels"):
            wkt.write_value(_nested(kind, levels), message("Value"))
    name, write = (
        ("Struct", wkt.write_struct) if kind is dict else ("ListValue", wkt.write_list_value)
    )
    write(_nested(kind, 100), message(name))
    with pytest.raises(ValueError, match="nested deeper than 100 levels"):
        write(_nested(kind, 101), message(name))


def test_a_cycle_is_too_deep_and_its_path_stays_short() -> None:
    loop: dict[str, Any] = {}
    loop["self"] = [loop, loop]
    with pytest.raises(ValueError, match="nested deeper") as caught:
        wkt.write_struct(loop, message("Struct"))
    assert len(str(caught.value)) < 300


def test_the_deepest_struct_that_protobuf_parses_is_read() -> None:
    for levels in range(1, 101):
        data = written_bytes(_nested(dict, levels))
        try:
            m = type(message("Struct")).FromString(data)
        except DecodeError:  # protobuf's own limit
            assert levels > 30
            break
        assert wkt.read_struct(m) == _nested(dict, levels)


def written_bytes(value: Any) -> bytes:
    m = message("Struct")
    wkt.write_struct(value, m)
    data: bytes = m.SerializeToString()
    return data


def test_pydantic_takes_the_json_types() -> None:
    pydantic = pytest.importorskip("pydantic")
    value = {"a": [1, None, {"b": 2.5}]}
    assert pydantic.TypeAdapter(wkt.JSONObject).validate_python(value) == value
    assert pydantic.TypeAdapter(wkt.JSONValue).validate_python(value) == value
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(wkt.JSONObject).validate_python([1])


# ------------------------------------------------------------------ wrappers, Any, Empty, FieldMask

_WRAPPED: dict[str, st.SearchStrategy[Any]] = {
    "DoubleValue": st.floats(),
    "FloatValue": st.floats(width=32),
    "Int64Value": st.integers(-(2**63), 2**63 - 1),
    "UInt64Value": st.integers(0, 2**64 - 1),
    "Int32Value": st.integers(-(2**31), 2**31 - 1),
    "UInt32Value": st.integers(0, 2**32 - 1),
    "BoolValue": st.booleans(),
    "StringValue": _TEXT,
    "BytesValue": st.binary(max_size=8),
}


@pytest.mark.parametrize("name", _WRAPPED)
@given(data=st.data())
def test_wrappers_keep_their_value(name: str, data: Any) -> None:
    value = data.draw(_WRAPPED[name])
    assert same(there_and_back(name, "wrapper", value), value)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("Int32Value", 2**31, ValueError),
        ("UInt64Value", -1, ValueError),
        ("Int64Value", "1", TypeError),
        ("StringValue", 1, TypeError),
        ("BytesValue", "text", TypeError),
        ("FloatValue", 1e300, OverflowError),
        ("FloatValue", -1e300, OverflowError),
    ],
)
def test_wrappers_refuse_what_they_cannot_hold(
    name: str, value: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        wkt.write_wrapper(value, message(name))


@given(st.builds(wkt.AnyMessage, _TEXT, st.binary(max_size=64)))
def test_any_keeps_its_bytes(value: wkt.AnyMessage) -> None:
    assert there_and_back("Any", "any", value) == value


def test_any_reads_as_a_plain_dataclass() -> None:
    value = wkt.AnyMessage("type.googleapis.com/a.b.C", b"\x00" * 1000)
    assert value.type_name == "a.b.C"
    assert wkt.AnyMessage("a.b.C").type_name == "a.b.C"
    assert wkt.AnyMessage().type_name == ""
    shown = "AnyMessage(type_url='type.googleapis.com/a.b.C', value=<1000 bytes>)"
    assert repr(value) == shown
    assert [f.name for f in dataclasses.fields(value)] == ["type_url", "value"]
    value.value = b"x"
    assert value == wkt.AnyMessage("type.googleapis.com/a.b.C", b"x")
    assert value != wkt.AnyMessage("type.googleapis.com/a.b.C", b"y")


@given(st.lists(_TEXT, max_size=4))
def test_field_masks_keep_their_paths(paths: list[str]) -> None:
    value = there_and_back("FieldMask", "field_mask", wkt.FieldMask(paths))
    assert value == wkt.FieldMask(paths)
    assert type(value.paths) is list


def test_field_masks_share_no_list() -> None:
    a, b = wkt.FieldMask(), wkt.FieldMask()
    a.paths.append("x")
    assert b.paths == []


def test_empty_is_empty() -> None:
    assert there_and_back("Empty", "empty", wkt.Empty()) == wkt.Empty()
    assert written("Empty", "empty", wkt.Empty()).SerializeToString() == b""
    others: list[object] = [wkt.FieldMask(), None, {}]
    assert wkt.Empty() not in others


@pytest.mark.parametrize(
    "value",
    [wkt.AnyMessage("a/b", b"c"), wkt.Empty(), wkt.FieldMask(["a"])],
    ids=lambda value: type(value).__name__,
)
def test_small_types_copy_and_pickle_and_have_no_dict(value: Any) -> None:
    for twin in (
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value)),
        dataclasses.replace(value),
    ):
        assert twin == value
        assert twin is not value
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize(
    ("name", "kind", "value", "text"),
    [
        ("Any", "any", b"x", "expected AnyMessage, got bytes"),
        ("Any", "any", wkt.Empty(), "expected AnyMessage, got Empty"),
        ("Empty", "empty", {}, "expected Empty, got dict"),
        ("FieldMask", "field_mask", ["a"], "expected FieldMask, got list"),
        ("FieldMask", "field_mask", wkt.FieldMask("ab"), "expected a list, got str"),  # type: ignore[arg-type]
    ],
)
def test_other_types_are_refused(name: str, kind: str, value: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        getattr(wkt, f"write_{kind}")(value, message(name))
