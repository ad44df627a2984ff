"""Does text that is no UTF-8 survive wherever protobuf does not check it, maps included?"""

from __future__ import annotations

import pytest
from kit.message.torture import Torture
from plugwright_runtime import codec
from plugwright_runtime.errors import FieldError

BAD = b"a\xff\xfe"
TEXT = BAD.decode("utf-8", "surrogateescape")
GOOD = b"\xc3\xa9"


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def entry(number: int, key: bytes, value: bytes) -> bytes:
    return field(number, field(1, key) + value)


VALUES = {
    3: field(2, BAD),
    4: b"\x10\x07",
    5: b"\x10\x05",
    6: field(2, field(1, BAD) + entry(2, BAD, field(2, b""))),
    7: field(2, b"\xff"),
    9: b"\x10\x01",
}


@pytest.mark.parametrize("number", VALUES)
def test_keys_and_values_of_maps_go_out_as_they_came(torture: Torture, number: int) -> None:
    cls = torture.model("unchecked.v1.Texts")
    value = VALUES[number]
    data = entry(number, BAD, value) + entry(number, GOOD, value)
    model = codec.decode(cls, data)
    (attribute,) = (n for n in cls.__field_names__ if getattr(model, n))
    assert set(getattr(model, attribute)) == {TEXT, "é"}
    again = codec.encode(model)
    parse = cls.__codec__.parse
    serialize = cls.__codec__.message.SerializeToString
    assert serialize(parse(again), deterministic=True) == serialize(parse(data), deterministic=True)
    with pytest.raises(FieldError):
        codec.to_json(model)


def test_values_under_numbers(torture: Torture) -> None:
    cls = torture.model("unchecked.v1.Texts")
    data = field(8, b"\x08\x03" + field(2, BAD))
    model = codec.decode(cls, data)
    assert model.by_number == {3: TEXT}
    assert codec.encode(model) == data


def test_an_entry_without_a_value_has_its_zero(torture: Torture) -> None:
    cls = torture.model("unchecked.v1.Texts")
    model = codec.decode(
        cls, field(3, field(1, BAD)) + field(5, field(1, BAD)) + field(6, field(1, BAD))
    )
    assert model.texts == {TEXT: ""}
    assert model.sizes == {TEXT: 0}
    assert model.inner == {TEXT: torture.model("unchecked.v1.Texts.Inner")()}


def test_what_is_unknown_inside_such_a_map_is_kept(torture: Torture) -> None:
    cls = torture.model("unchecked.v1.Texts")
    unknown = b"\x98\x06\x01"
    data = entry(6, GOOD, field(2, unknown)) + entry(6, BAD, field(2, unknown))
    model = codec.decode(cls, data)
    assert [inner.__unknown__ for inner in model.inner.values()] == [unknown] * 2
    assert codec.decode(cls, codec.encode(model)).inner[TEXT].__unknown__ == unknown


def test_the_last_entry_of_a_key_counts(torture: Torture) -> None:
    cls = torture.model("unchecked.v1.Texts")
    data = entry(4, BAD, b"\x10\x01") + entry(4, BAD, b"\x10\x02")
    assert codec.decode(cls, data).numbers == {TEXT: 2}


@pytest.mark.parametrize("bad", [b"bytes", 1, None])
def test_a_key_that_is_no_text_is_refused(torture: Torture, bad: object) -> None:
    cls = torture.model("unchecked.v1.Texts")
    with pytest.raises(FieldError, match=r"Texts\.texts"):
        codec.encode(cls(texts={TEXT: "x", bad: "x"}))
