"""How do well-known types behave in the fields of generated models?"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import duration_pb2, timestamp_pb2
from kit.generating.packages import Generated
from plugwright_runtime import codec
from plugwright_runtime.errors import FieldError
from plugwright_runtime.message.nanotime import NanoDatetime, NanoTimedelta
from plugwright_runtime.message.wkt import (
    NULL,
    AnyMessage,
    Empty,
    FieldMask,
    RawDatetime,
    RawTimedelta,
)


@pytest.fixture(scope="module")
def root(generated: Generated) -> Any:
    return importlib.import_module(generated.packages["well_known"])


@pytest.fixture(scope="module")
def collected(root: Any) -> Any:
    return root.models.Collected


@pytest.fixture(scope="module")
def single(root: Any) -> Any:
    return root.models.WellKnown


def again(model: Any) -> Any:
    return codec.decode(type(model), codec.encode(model))


def test_lists_and_maps(collected: Any) -> None:
    moment = datetime(1, 1, 1, tzinfo=UTC)
    last = NanoDatetime(9999, 12, 31, 23, 59, 59, 999_999, UTC, nanosecond=999)
    model = collected(
        numbers=[0, -(2**63), 2**63 - 1],
        values=[None, 0, "", False, [], {}, [None, {"a": None}]],
        objects=[{}, {"a": 2**53}],
        lengths=[timedelta(), NanoTimedelta(nanoseconds=-1)],
        masks=[FieldMask(), FieldMask(["a.b"])],
        blobs={"": b"", "a": b"\x00\xff"},
        moments={0: moment, -1: last},
        answers={True: None, False: [1.5, None]},
        anything={"x": AnyMessage("u/x.Y", b"\xff"), "": AnyMessage()},
        lists={"a": [], "b": [[], None]},
    )
    assert again(model) == model
    assert again(model).moments[-1].nanosecond == 999
    assert codec.from_json(
        collected,
        codec.to_json(collected(numbers=[0], moments=model.moments, blobs=model.blobs)),
    ) == collected(numbers=[0], moments=model.moments, blobs=model.blobs)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("numbers", [None]),
        ("lengths", [None]),
        ("masks", [None]),
        ("objects", [None]),
        ("blobs", {"a": None}),
        ("moments", {1: None}),
        ("lists", {"a": None}),
        ("numbers", [2**63]),
        ("numbers", ["1"]),
        ("blobs", {"a": "text"}),
        ("moments", {1: datetime(2024, 1, 1)}),
    ],
)
def test_nothing_in_them_is_unset(collected: Any, field: str, value: Any) -> None:
    with pytest.raises(FieldError, match=rf"Collected\.{field}\["):
        codec.encode(collected(**{field: value}))


def test_null_is_not_unset(single: Any) -> None:
    assert again(single()).value is None
    assert again(single(value=NULL)).value is NULL
    assert again(single(value=0)).value == 0
    assert codec.encode(single()) == b""
    assert again(single(when=single.When.Json(None))) == single(when=single.When.Json(None))


def test_zero_is_not_unset(single: Any) -> None:
    """Of a wrapper, a timestamp, a duration, an empty message."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    zeros = {
        "at": epoch,
        "took": timedelta(),
        "props": {},
        "list": [],
        "any": AnyMessage(),
        "empty": Empty(),
        "mask": FieldMask(),
        "a_double": 0.0,
        "an_int64": 0,
        "a_bool": False,
        "a_string": "",
        "a_bytes": b"",
    }
    model = again(single(**zeros))
    for name, zero in zeros.items():
        assert getattr(model, name) == zero, name
        assert getattr(again(single()), name) is None, name


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (1, timestamp_pb2.Timestamp(seconds=253_402_300_800)),  # year 10000
        (1, timestamp_pb2.Timestamp(seconds=-62_135_596_801)),  # year 0
        (1, timestamp_pb2.Timestamp(nanos=-1)),
        (1, timestamp_pb2.Timestamp(nanos=10**9)),
        (2, duration_pb2.Duration(seconds=1, nanos=-1)),
        (2, duration_pb2.Duration(seconds=315_576_000_001)),
    ],
    ids=str,
)
def test_a_time_that_is_none_does_not_cost_the_message(
    single: Any, number: int, message: Any
) -> None:
    data = message.SerializeToString()
    field = bytes([number << 3 | 2, len(data)]) + data
    model = codec.decode(single, field)
    value = model.at if number == 1 else model.took
    assert isinstance(value, RawDatetime | RawTimedelta)
    assert value.raw == (message.seconds, message.nanos)
    assert codec.encode(model) == field
    with pytest.raises(FieldError, match=r"WellKnown\.(at|took): .*JSON can hold"):
        codec.to_json(model)


def test_masks_of_fields_that_exist(single: Any, collected: Any) -> None:
    of = FieldMask.of
    assert of(single, "at", "props.fields", "mask.paths").paths == [
        "at",
        "props.fields",
        "mask.paths",
    ]
    assert of(collected).paths == []
    for path, problem in (
        ("att", "no att; WellKnown has: at, took"),
        ("at.hour", "no hour; Timestamp has: seconds, nanos"),
        ("a_string.value.x", "no x; nothing is below"),
        ("times.seconds", "no seconds; nothing is below"),
        ("", "no ; WellKnown has"),
    ):
        with pytest.raises(ValueError, match=r"is no path of cases\.well_known") as e:
            of(single, "at", path)
        assert problem in str(e.value)


def test_the_package_exports_what_stands_for_the_values(root: Any, generated: Generated) -> None:
    assert root.NULL is NULL
    assert root.AnyMessage is AnyMessage
    assert root.FieldMask is FieldMask
    assert root.Empty is Empty
    assert root.NanoDatetime is NanoDatetime
    assert root.NanoTimedelta is NanoTimedelta
    without = importlib.import_module(generated.packages["oneofs"])
    assert without.AnyMessage is AnyMessage  # it may come in any details of a status
    assert not {"NULL", "Empty", "NanoDatetime"} & set(without.__all__)
