"""Does an Any give back what was packed into it, and keep what nobody knows?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import any_pb2, duration_pb2, empty_pb2, timestamp_pb2
from kit.generating.packages import Generated
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError, FieldError
from plugwright_runtime.message.nanotime import NanoTimedelta
from plugwright_runtime.message.package import Package
from plugwright_runtime.message.wkt import AnyMessage, Empty, FieldMask, RawDatetime

NAME = "cases.well_known"


class Sdk:
    """The models of the case by simple name: some share it with a well-known type."""

    def __init__(self, registry: Package) -> None:
        self.registry = registry

    def __getattr__(self, name: str) -> Any:
        return self.registry.message(f"{NAME}.{name}")


@pytest.fixture(scope="module")
def sdk(generated: Generated) -> Sdk:
    return Sdk(generated.registry("well_known"))


def test_pack_and_unpack(sdk: Sdk) -> None:
    ticks = sdk.Timestamp(ticks=5, other=sdk.Timestamp())
    packed = AnyMessage.pack(ticks)
    assert packed.type_url == f"type.googleapis.com/{NAME}.Timestamp"
    assert packed.is_(sdk.Timestamp)
    assert packed.unpack(sdk.Timestamp) == ticks
    assert not packed.is_(sdk.WellKnown)
    assert packed.unpack(sdk.WellKnown) is None
    assert AnyMessage.pack(ticks, prefix="example.com/x/").unpack(type(ticks)) == ticks


def test_only_the_full_name_counts(sdk: Sdk) -> None:
    """`cases.well_known.Timestamp` is not `google.protobuf.Timestamp`."""
    packed = AnyMessage.pack(sdk.Timestamp())
    assert packed.unpack(datetime) is None
    assert AnyMessage.pack(Empty()).unpack(sdk.Empty) is None
    assert not AnyMessage().is_(sdk.Empty)
    assert AnyMessage().unpack(sdk.Empty) is None


def test_it_is_what_protobuf_packs(sdk: Sdk) -> None:
    theirs = any_pb2.Any()
    theirs.Pack(timestamp_pb2.Timestamp(seconds=1, nanos=2000))
    ours = AnyMessage.pack(datetime(1970, 1, 1, 0, 0, 1, 2, UTC))
    assert (ours.type_url, ours.value) == (theirs.type_url, theirs.value)
    holder = codec.decode(sdk.WellKnown, codec.encode(sdk.WellKnown(any=ours)))
    assert holder.any.unpack(datetime) == datetime(1970, 1, 1, 0, 0, 1, 2, UTC)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (datetime(2024, 2, 29, tzinfo=UTC), "Timestamp"),
        (timedelta(days=-1, microseconds=1), "Duration"),
        (NanoTimedelta(nanoseconds=1), "Duration"),
        (Empty(), "Empty"),
        (FieldMask(["a.b", "c"]), "FieldMask"),
    ],
)
def test_well_known_types(value: Any, name: str) -> None:
    packed = AnyMessage.pack(value)
    assert packed.type_name == f"google.protobuf.{name}"
    assert packed.is_(type(value))
    assert packed.unpack(type(value)) == value


def test_the_registry_finds_the_type(sdk: Sdk) -> None:
    ticks = sdk.Timestamp(ticks=7)
    assert sdk.registry.unpack(AnyMessage.pack(ticks)) == ticks
    for unknown in ("", "/", f"x/{NAME}", f"x/{NAME}.Nope", "type.googleapis.com/a.B"):
        assert sdk.registry.unpack(AnyMessage(unknown, b"\xff\xff")) is None
    # The name of an enum is that of no message.
    assert sdk.registry.unpack(AnyMessage("x/google.protobuf.NullValue")) is None


def test_bytes_that_are_no_message(sdk: Sdk) -> None:
    broken = AnyMessage(f"x/{NAME}.Timestamp", b"\x08")
    with pytest.raises(DecodeError, match=r"cases\.well_known\.Timestamp"):
        broken.unpack(sdk.Timestamp)
    with pytest.raises(DecodeError):
        sdk.registry.unpack(broken)
    with pytest.raises(DecodeError, match=r"google\.protobuf\.Timestamp"):
        AnyMessage("x/google.protobuf.Timestamp", b"\xff").unpack(datetime)
    late = AnyMessage("x/google.protobuf.Timestamp", b"\x10\xff\xff\xff\xff\x0f")
    assert late.unpack(datetime) == RawDatetime(0, -1)


def test_what_cannot_be_packed(sdk: Sdk) -> None:
    with pytest.raises(FieldError, match=r"Timestamp\.ticks"):
        AnyMessage.pack(sdk.Timestamp(ticks="x"))
    value: Any
    for value in ("text", 5, None, {}, object(), sdk.WellKnown.When):
        with pytest.raises(TypeError, match="expected a model or a well-known type"):
            AnyMessage.pack(value)
    with pytest.raises(ValueError, match="without time zone"):
        AnyMessage.pack(datetime(2024, 1, 1))
    with pytest.raises(TypeError, match="expected a model or a well-known type"):
        AnyMessage().unpack(int)  # type: ignore[type-var]


def test_unknown_types_keep_their_bytes(sdk: Sdk) -> None:
    strange = AnyMessage("example.com/strange.Thing", b"\xff\x00 not even protobuf")
    again = codec.decode(
        sdk.WellKnown,
        codec.encode(sdk.WellKnown(any=strange, anys=[strange, AnyMessage()])),
    )
    assert again.any == strange
    assert again.anys == [strange, AnyMessage()]


def test_proto_json_shows_what_is_inside(sdk: Sdk) -> None:
    model = sdk.WellKnown(
        any=AnyMessage.pack(sdk.Timestamp(ticks=2**53 + 1)),
        anys=[AnyMessage.pack(timedelta(seconds=3)), AnyMessage.pack(Empty())],
    )
    text = codec.to_json(model)
    assert json.loads(text)["any"] == {
        "@type": f"type.googleapis.com/{NAME}.Timestamp",
        "ticks": str(2**53 + 1),
    }
    assert json.loads(text)["anys"][0]["value"] == "3s"
    assert codec.from_json(sdk.WellKnown, text) == model


def test_well_known_types_in_json_of_a_package_that_has_none(
    generated: Generated,
) -> None:
    """`comments` imports nothing; its pool has the well-known types all the same."""
    pool = generated.registry("comments").pool
    for cls in (any_pb2.Any, duration_pb2.Duration, empty_pb2.Empty):
        assert pool.FindMessageTypeByName(cls.DESCRIPTOR.full_name)


def test_proto_json_of_an_unknown_type_says_so(sdk: Sdk) -> None:
    strange = AnyMessage("example.com/strange.Thing", b"x")
    with pytest.raises(FieldError, match=r"example\.com/strange\.Thing"):
        codec.to_json(sdk.WellKnown(any=strange))
    text = '{"any": {"@type": "example.com/strange.Thing", "a": 1}}'
    with pytest.raises(DecodeError, match=r"strange\.Thing"):
        codec.from_json(sdk.WellKnown, text)
