"""Are messages that protobuf does not parse taken apart into what it would make of them?

Shallow messages, which protobuf does parse, are taken apart here as the deep ones are.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from kit.message.filling import damaged, fill
from kit.message.torture import Torture
from plugwright_runtime.message import deep_parsing as deep
from plugwright_runtime.message.raw_fields import raw_fields

TYPES = ["zoo.v1.Animal", "old.v1.Base", "unchecked.v1.Texts"]


def plain_entry(content: bytes) -> bool:
    """Whether an entry of a map is a key in UTF-8 and a value; others cannot be built."""
    for raw in raw_fields(content):
        if raw.number == 1 and raw.content is not None:
            if raw.content.decode("utf-8", "replace").encode() != raw.content:
                return False
        elif raw.number != 1 and (raw.number, raw.kind) != (2, deep.LENGTH):
            return False
    return True


@pytest.fixture
def taken_apart(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Parses with every message that is inside another one taken apart."""
    monkeypatch.setattr(deep, "_SHORT", 0)

    def is_deep(self: Any, raw: Any, field: Any, cls: Any) -> bool:
        if raw.content is None or not deep._nests(field):
            return False
        if field.message_type.GetOptions().map_entry and not plain_entry(raw.content):
            return False
        return bool(raw.kind == (deep.START if field.type == 10 else deep.LENGTH))

    monkeypatch.setattr(deep._Filler, "_is_deep", is_deep)

    def parse(cls: Any, data: bytes) -> Any:
        message = cls()
        deep._Filler(200).fill(message, data, 0)
        return message

    return parse


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("damage", [False, True], ids=["valid", "damaged"])
def test_what_comes_out_is_what_protobuf_makes_of_it(
    torture: Torture, taken_apart: Any, name: str, damage: bool
) -> None:
    cls = torture.model(name).__codec__.message
    for seed in range(400):
        rng = random.Random(seed)
        data = b"".join(fill(rng, cls()).SerializePartialToString() for _ in range(2))
        if damage:
            data = damaged(rng, data)
        try:
            expected = cls.FromString(data).SerializePartialToString(deterministic=True)
        except DecodeError:
            continue
        found = taken_apart(cls, data)
        assert found.SerializePartialToString(deterministic=True) == expected, seed


def level(number: int, content: bytes) -> bytes:
    size = len(content)
    low = [size & 127 | 128, size >> 7] if size > 127 else [size]
    return bytes([number << 3 | 2, *low]) + content


def test_the_last_member_of_a_oneof_counts_in_deep_messages(torture: Torture) -> None:
    cls = torture.model("unchecked.v1.Texts").__codec__.message
    inner = b""
    for _ in range(150):
        inner = level(2, level(1, b"k") + level(2, inner))  # inside
    other, chosen = level(11, inner), level(10, b"text")
    assert deep.parse(cls, 400, other + chosen).WhichOneof("choice") == "chosen"
    last = deep.parse(cls, 400, chosen + other)
    assert last.WhichOneof("choice") == "other"
    assert last.other.inside["k"].inside["k"].ByteSize() > 0


def test_unknown_numbers_of_closed_enums_stay_whole_in_deep_messages(
    torture: Torture,
) -> None:
    cls = torture.model("unchecked.v1.Texts").__codec__.message
    inner = b""
    for _ in range(150):
        inner = level(2, level(1, b"k") + level(2, inner))
    entry = level(5, level(1, b"k") + b"\x10\x63")  # size 99
    found = deep.parse(cls, 400, level(11, inner) + entry)
    assert dict(found.sizes) == {}
    found.ClearField("choice")
    assert found.SerializeToString() == entry


def test_groups_beside_what_is_deep_are_parsed(torture: Torture) -> None:
    cls = torture.model("old.v1.Base").__codec__.message
    inner = b"\x08\x01"
    for i in range(240):
        inner = b"\x08\x01" + level(2 if i % 2 == 0 else 7, inner)
    group = b"\x2b\x08\x07\x2c"
    found = deep.parse(cls, 400, group + inner + group + b"\x08\x02")
    assert (found.g.a, found.id) == (7, 2)
