"""Are messages parsed that nest more deeply than protobuf's own parser goes?"""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from plugwright_runtime.message.deep_parsing import parse

FIELD = descriptor_pb2.FieldDescriptorProto


def node_class(syntax: str = "proto3") -> Any:
    """A Node of a text, numbers, children, one child, a map of children and one of numbers."""
    file = descriptor_pb2.FileDescriptorProto(name="n.proto", package="n", syntax=syntax)
    node = file.message_type.add(name="Node")
    one, many = FIELD.LABEL_OPTIONAL, FIELD.LABEL_REPEATED
    rows: list[tuple[str, Any, Any, str | None]] = [
        ("text", FIELD.TYPE_STRING, one, None),
        ("numbers", FIELD.TYPE_INT64, many, None),
        ("add", FIELD.TYPE_MESSAGE, many, ".n.Node"),
        ("one", FIELD.TYPE_MESSAGE, one, ".n.Node"),
        ("by_name", FIELD.TYPE_MESSAGE, many, ".n.Node.ByNameEntry"),
        ("counts", FIELD.TYPE_MESSAGE, many, ".n.Node.CountsEntry"),
        ("ratio", FIELD.TYPE_DOUBLE, one, None),
        ("mask", FIELD.TYPE_FIXED32, one, None),
    ]
    for number, (name, kind, label, type_name) in enumerate(rows, 1):
        node.field.add(name=name, number=number, type=kind, label=label, type_name=type_name)
    for name, kind, type_name in (
        ("ByNameEntry", FIELD.TYPE_MESSAGE, ".n.Node"),
        ("CountsEntry", FIELD.TYPE_INT64, None),
    ):
        entry = node.nested_type.add(name=name)
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=FIELD.TYPE_STRING, label=one)
        entry.field.add(name="value", number=2, type=kind, label=one, type_name=type_name)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("n.Node"))


Node = node_class()


def nested(depth: int) -> Any:
    """`depth` messages below the first, by every way in turn, and something else in each."""
    top = node = Node()
    for level in range(depth):
        node.text = f"level {level}"
        node.numbers.extend([level, -1])
        node.counts["x"] = level
        node.ratio, node.mask = level / 2, level
        node.add.add(text="shallow")
        if level % 3 == 0:
            node = node.add.add()
        elif level % 3 == 1:
            node = node.one
            node.SetInParent()
        else:
            node = node.by_name["k"]
    node.text = "end"
    return top


@pytest.mark.parametrize("depth", [1, 99, 100, 101, 150, 300])
def test_a_deep_message_is_parsed(depth: int) -> None:
    message = nested(depth)
    # An entry of a map is a level, too.
    assert parse(Node, 2 * depth, message.SerializeToString()) == message


def test_the_limit() -> None:
    message = Node()
    node = message
    for _ in range(300):
        node = node.one
    node.SetInParent()
    data = message.SerializeToString()
    assert parse(Node, 300, data) == message
    with pytest.raises(DecodeError, match="nest more than 150 levels deep"):
        parse(Node, 150, data)


def test_unknown_fields_are_kept() -> None:
    deep = nested(150).SerializeToString()
    unknown = b"\xf8\x07\x05\xfa\x07\x03abc"  # 127: a number and a text
    assert parse(Node, 400, deep + unknown).SerializeToString().endswith(unknown)


def test_a_field_that_comes_twice_is_merged() -> None:
    first, second = Node(text="a"), nested(150)
    first.one.text, second.one.ratio = "first", 2.5
    data = first.SerializeToString() + second.SerializeToString()
    merged = parse(Node, 400, data)
    assert (merged.one.text, merged.one.ratio) == ("first", 2.5)


def test_damaged_bytes_are_no_message_and_nothing_worse() -> None:
    data = nested(120).SerializeToString()
    rnd = random.Random(1)
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(rnd.randint(1, 4)):
            damaged[rnd.randrange(len(damaged))] = rnd.randrange(256)
        if rnd.random() < 0.3:
            del damaged[rnd.randrange(len(damaged)) :]
        try:
            parse(Node, 400, bytes(damaged))
        except DecodeError:
            continue


@pytest.mark.parametrize("syntax", ["proto2", "proto3"])
def test_the_key_of_a_deep_entry_must_be_text(syntax: str) -> None:
    cls = node_class(syntax)
    deep = cls(text="leaf")
    for level in range(150):
        outer = cls()
        if level == 145:
            outer.by_name["key"].CopyFrom(deep)
        else:
            outer.one.CopyFrom(deep)
        deep = outer
    data = deep.SerializeToString()
    assert parse(cls, 200, data) == deep
    with pytest.raises(DecodeError):
        parse(cls, 200, data.replace(b"key", b"k\xffy"))


def test_a_long_message_that_is_deep_does_not_take_long() -> None:
    node = top = Node()
    for _ in range(300):
        node = node.one
    node.text = "x" * 4_000_000
    began = time.perf_counter()
    with pytest.raises(DecodeError, match="too long for how deep it nests"):
        parse(Node, 400, top.SerializeToString())
    assert time.perf_counter() - began < 5
