"""Does a peer get more work or memory out of a decode than its bytes are worth?

What it takes in time is measured by `bench/hostile.py`.
"""

from __future__ import annotations

import importlib
import tracemalloc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf import struct_pb2
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError
from plugwright_runtime.hooks.values import Arguments
from plugwright_runtime.message import wkt
from plugwright_runtime.message.descriptors import is_map, is_repeated
from plugwright_runtime.message.unknown import LARGE
from plugwright_runtime.message.wire import LONG

UNKNOWN = b"\xa0\x3f\x01"  # field 1012: a varint of one byte


def field(number: int, content: bytes) -> bytes:
    """A field with a length, in wire format."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def nested(data: bytes, levels: int) -> bytes:
    """`data` in a leaf, that in another one, and so on; each has something unknown, too."""
    for _ in range(levels):
        data = field(3, data) + UNKNOWN
    return data


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "at the top": lambda data: data,
    "in a message": lambda data: field(13, data),
    "in a list": lambda data: field(47, b"") + field(47, data),
    "in a map": lambda data: field(66, field(1, b"k") + field(2, data)),
    "in a oneof": lambda data: varint(96 << 3 | 2) + varint(len(data)) + data,
    "in a message without fields": lambda data: field(51, data),
    "at ninety levels": lambda data: field(13, nested(data, 90)),
    "beside a long text": lambda data: field(10, b"x" * 3_000_000) + data,
}


@pytest.mark.parametrize("way", WAYS)
def test_unknown_fields_take_no_more_memory_than_their_bytes(every: Any, way: str) -> None:
    data = WAYS[way](UNKNOWN * 400_000)
    message = every.Every.__codec__.message
    tracemalloc.start()
    try:
        model = codec.decode(every.Every, data)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert codec.encode(model) == message.FromString(data).SerializeToString()
    # An object for each of them is thirty times as much.
    assert kept < 1.2 * len(data) + 100_000
    assert peak < 4 * len(data) + 100_000


@pytest.mark.parametrize("size", [LARGE - 100, LARGE + 100, 4 * LARGE])
def test_unknown_fields_are_found_at_every_size(every: Any, size: int) -> None:
    leaf = field(2, b"name") + UNKNOWN
    data = field(13, leaf) + field(47, leaf) + field(66, field(1, b"k") + field(2, leaf))
    data += field(11, b"x" * (size - len(data))) + UNKNOWN
    model = codec.decode(every.Every, data)
    for part in (model, model.a_leaf, model.leaves[0], model.to_leaf["k"]):
        assert part.__unknown__ == UNKNOWN
    assert model.a_leaf.name == model.leaves[0].name == "name"
    assert len(model.a_bytes) > size - 100
    dropped = codec.decode(every.Every, data, keep_unknown=False)
    assert dropped == model
    assert dropped.__unknown__ == dropped.a_leaf.__unknown__ == b""


def test_a_large_message_that_is_cut_off_is_refused_as_ever(every: Any) -> None:
    with pytest.raises(DecodeError, match=r"not a every\.v1\.Every"):
        codec.decode(every.Every, UNKNOWN * LARGE + UNKNOWN[:2])


class Recorder(list[Any]):
    """A list that notes how much was taken of it at once."""

    def __init__(self, values: list[Any]) -> None:
        super().__init__(values)
        self.most = 0

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        if isinstance(index, slice):
            self.most = max(self.most, len(found))
        return found


def test_other_threads_run_while_a_long_list_is_read(every: Any) -> None:
    """What is made in one step, no other thread can come between."""
    convert = importlib.import_module("every_kind._convert.every")
    message = every.Every.__codec__.message

    class Stand:
        """A message with long lists in place of protobuf's."""

        def __init__(self, inner: Any, **lists: Recorder) -> None:
            self.__dict__.update(lists, _inner=inner)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    count = 10 * LONG
    repeated = [f for f in message.DESCRIPTOR.fields if is_repeated(f) and not is_map(f)]
    lists = {f.name: Recorder([_element(message, f)] * count) for f in repeated}
    assert len(lists) == 13
    read = convert.read_Every(Stand(message(), **lists), False)
    for name, found in lists.items():
        assert len(getattr(read, name)) == count
        assert found.most <= LONG, name


def test_other_threads_run_while_a_long_value_is_read() -> None:
    values = Recorder([struct_pb2.Value(null_value=0)] * 10 * LONG)
    read: Any = wkt.read_list_value(SimpleNamespace(values=values))
    assert read == [None] * 10 * LONG
    assert values.most <= LONG


def _element(message: Any, field: Any) -> Any:
    """What protobuf has in a list."""
    values = getattr(message(), field.name)
    if field.message_type is not None:
        return values.add()
    zeros = {field.CPPTYPE_STRING: "", field.CPPTYPE_BOOL: False}
    values.append(b"" if field.type == field.TYPE_BYTES else zeros.get(field.cpp_type, 0))
    return values[0]


@pytest.mark.parametrize("size", [0, 2 * LARGE])
def test_the_arguments_of_a_hook(every: Any, size: int) -> None:
    """Each argument is there, whatever is unknown beside it, however large the request."""
    names = ("leaves", "int32s", "a_leaf", "a_string", "an_any", "to_leaf")
    spec = SimpleNamespace(
        arguments=names,
        sources=("value", "value", "message", "value", "value", "value"),
    )
    leaf = every.Leaf(id=1, __unknown__=UNKNOWN)
    request = every.Every(
        leaves=[leaf, leaf],
        int32s=[1, 2],
        a_leaf=leaf,
        a_string="x" * size,
        an_any=wkt.AnyMessage("a/b", b"c"),
        to_leaf={"k": leaf},
        __unknown__=UNKNOWN,
    )
    made: Any = spec
    found = Arguments(made, every.Every.__codec__)(codec.encode(request))
    assert found == [getattr(request, name) for name in names]
    for part in (*found[0], found[2], found[5]["k"]):
        assert part.__unknown__ == UNKNOWN
