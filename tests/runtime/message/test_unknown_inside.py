"""Are unknown fields kept that a newer peer puts inside a well-known type?"""

from __future__ import annotations

import copy
import dataclasses
import itertools
import pickle
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from kit.message.filling import fill
from kit.message.settled import serialized, settled
from kit.message.torture import Torture
from plugwright_runtime import codec
from plugwright_runtime.message.unknown_inside import Kept

# A number, a text and a group, far from the numbers that the types declare.
FUTURE = b"\xc0\xb8\x02\x07" b"\xd2\xb8\x02\x01x" b"\xdb\xb8\x02\x08\x01\xdc\xb8\x02"
PREFIX = "google.protobuf."
TYPES = ["zoo.v1.Animal", "google.protobuf.Struct", "google.protobuf.ListValue"]


def inside(message: Any) -> Iterator[Any]:
    """Every well-known message below `message`; not those that hold entries of a map."""
    if message.DESCRIPTOR.full_name.startswith(PREFIX):
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    yield from inside(value[key])
        elif hasattr(value, "add"):
            for element in value:
                yield from inside(element)
        else:
            yield from inside(value)


def from_the_future(torture: Torture, name: str, seed: int) -> Any:
    message = torture.model(name).__codec__.message()
    settled(fill(random.Random(seed), message))
    for part in inside(message):
        part.MergeFromString(FUTURE)
    return message


@pytest.mark.parametrize("name", TYPES)
def test_they_go_out_as_they_came(torture: Torture, name: str) -> None:
    cls = torture.model(name)
    for seed in range(150):
        message = from_the_future(torture, name, seed)
        model = codec.decode(cls, serialized(message))
        assert codec.encode(model, deterministic=True) == serialized(message), seed


@pytest.mark.parametrize("name", TYPES)
def test_they_go_out_wherever_they_are_the_only_ones(torture: Torture, name: str) -> None:
    cls = torture.model(name)
    for seed in range(20):
        message = cls.__codec__.message()
        settled(fill(random.Random(seed), message))
        for place in range(sum(1 for _ in inside(message))):
            one = type(message)()
            one.CopyFrom(message)
            next(itertools.islice(inside(one), place, None)).MergeFromString(FUTURE)
            model = codec.decode(cls, serialized(one))
            assert codec.encode(model, deterministic=True) == serialized(one), (seed, place)


COPIERS: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    dataclasses.replace,
    lambda model: pickle.loads(pickle.dumps(model)),
]


@pytest.mark.parametrize("copier", COPIERS)
def test_copies_keep_them(torture: Torture, copier: Callable[[Any], Any]) -> None:
    message = from_the_future(torture, "zoo.v1.Animal", 3)
    made = copier(codec.decode(torture.model("zoo.v1.Animal"), serialized(message)))
    assert codec.encode(made, deterministic=True) == serialized(message)


def test_each_kind_of_place(torture: Torture) -> None:
    cls = torture.model("zoo.v1.Animal")
    message = cls.__codec__.message()
    message.born.seconds = 5
    message.i64.SetInParent()
    message.e.SetInParent()
    message.borns.add(seconds=1)
    message.borns.add(seconds=2)
    message.mt["a"].seconds = 3
    message.mv["a"].number_value = 4
    message.st["x"] = {"deep": [1]}
    message.at.seconds = 6
    for part in inside(message):
        part.MergeFromString(FUTURE)
    data = serialized(message)
    assert data.count(FUTURE) == 14
    model = codec.decode(cls, data)
    assert codec.encode(model, deterministic=True) == data

    model.born = datetime(2030, 1, 1, tzinfo=UTC)  # a new value
    model.i64 = None
    model.borns[0] = datetime(2030, 1, 1, tzinfo=UTC)
    del model.mt["a"]
    model.food = None
    left = codec.encode(model, deterministic=True)
    assert left.count(FUTURE) == 14 - 5
    again = codec.decode(cls, left)
    assert (again.i64, again.food, again.mt) == (None, None, {})
    assert again == model


def test_beside_unknown_fields_of_the_message_itself(torture: Torture) -> None:
    cls = torture.model("zoo.v1.Animal")
    born = b"\xf2\x01" + bytes([len(FUTURE)]) + FUTURE
    model = codec.decode(cls, born + FUTURE)
    assert model.__unknown__ == FUTURE
    assert isinstance(model.__unknown__, Kept)
    assert codec.encode(model) == born + FUTURE
    assert codec.encode(codec.decode(cls, born + FUTURE, keep_unknown=False)) == (b"\xf2\x01\x00")


def test_in_messages_that_are_large(torture: Torture) -> None:
    cls = torture.model("zoo.v1.Animal")
    born = b"\xf2\x01" + bytes([len(FUTURE)]) + FUTURE
    kid = b"\x7a" + bytes([len(born)]) + born
    text = b"\x0a\xf0\x93\x09" + b"x" * 150_000
    assert codec.encode(codec.decode(cls, text + kid * 3)) == text + kid * 3


def test_what_holds_nothing_unknown_keeps_nothing(torture: Torture) -> None:
    cls = torture.model("zoo.v1.Animal")
    message = fill(random.Random(5), cls.__codec__.message())
    assert codec.decode(cls, serialized(message)).__unknown__ == b""
    reordered = b"".join(
        bytes([number << 3, 1]) for number in (2, 1 + 10, 2)
    )  # not as protobuf would write it
    assert type(codec.decode(cls, reordered).__unknown__) is bytes
