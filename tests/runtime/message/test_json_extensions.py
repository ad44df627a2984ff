"""Does ProtoJSON name the extensions that protos declare, though models only carry their bytes?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from kit.message.torture import Torture
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError, FieldError
from plugwright_runtime.message.wkt import AnyMessage

BASE = "old.v1.Base"
TEXTS = [
    {"id": 1, "[old.v1.ext_i]": 5},
    {"id": 1, "[old.v1.ext_s]": ["a", ""]},
    {"id": 1, "[old.v1.ext_sub]": {"x": 1, "back": {"id": 2, "[old.v1.ext_i]": 3}}},
    {"id": 1, "[old.v1.Scope.scoped]": "é"},
    {"id": 1, "sub": {"x": 1, "back": {"id": 2, "[old.v1.ext_s]": ["deep"]}}},
]


@pytest.mark.parametrize("value", TEXTS, ids=str)
def test_extensions_keep_their_values(torture: Torture, value: dict[str, Any]) -> None:
    cls = torture.model(BASE)
    model = codec.from_json(cls, json.dumps(value))
    theirs = json_format.ParseDict(value, torture.message(BASE)(), descriptor_pool=torture.pool)
    assert torture.message(BASE).FromString(codec.encode(model)) == theirs
    assert json.loads(codec.to_json(model)) == json_format.MessageToDict(
        theirs, descriptor_pool=torture.pool
    )
    assert codec.from_json(cls, codec.to_json(model)) == model


def test_extensions_in_a_packed_message(torture: Torture) -> None:
    cls = torture.model("zoo.v1.Animal")
    inside = {"@type": "type.googleapis.com/old.v1.Base", "id": 1, "[old.v1.ext_i]": 7}
    text = json.dumps({"any": inside})
    assert json.loads(codec.to_json(codec.from_json(cls, text))) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"id": 1, "[old.v1.none]": 1}', "old.v1.none"),
        ('{"id": 1, "[old.v1.ext_i]": "x"}', "ext_i"),
        ('{"id": 1, "[old.v1.ext_sub]": []}', "expected a JSON object"),
        ('{"id": 1, "[old.v1.ext_sub]": {"x": 1, "x": 2}}', "'x' is there twice"),
        ('{"id": 1, "[old.v1.ext_sub]": {"x": 1, "back": 5}}', "Base.*back: expected"),
    ],
)
def test_what_is_wrong_in_an_extension(torture: Torture, text: str, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        codec.from_json(torture.model(BASE), text)


BAD_TEXT = b"\x08\x01\xba\x06\x01\xff"  # Scope.scoped


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x08\x01\xb2\x06\x01\xff", r"Base: expected extensions that are what"),
        (BAD_TEXT, r"Base\.\[old\.v1\.Scope\.scoped\]: .*no UTF-8"),
        (
            b"\x08\x01\xaa\x06\x01a\xaa\x06\x01\xff",
            r"Base\.\[old\.v1\.ext_s\]: .*no UTF-8",
        ),
    ],
)
def test_an_extension_that_json_cannot_hold(torture: Torture, data: bytes, text: str) -> None:
    model = codec.decode(torture.model(BASE), data)
    assert codec.encode(model) == data
    with pytest.raises(FieldError, match=text):
        codec.to_json(model)


def test_text_in_a_packed_message_that_json_cannot_hold(torture: Torture) -> None:
    cls = torture.model("zoo.v1.Animal")
    for inside in (BAD_TEXT, b"\x08\x01\x12\x02\xff'"):
        packed = AnyMessage("x/old.v1.Base", inside)
        with pytest.raises(FieldError, match=r"Animal\.any.*no UTF-8"):
            codec.to_json(cls(any=packed))
    shown = cls(name="b'x'", any=AnyMessage("x/old.v1.Base", b"\x08\x01\x12\x03b'x"))
    assert json.loads(codec.to_json(shown))["any"]["s"] == "b'x"
    empty = cls(name="b'x'", any=AnyMessage("", b""))
    assert json.loads(codec.to_json(empty)) == {"name": "b'x'", "any": {}}


def test_extensions_of_extensible_messages_nobody_declares_are_kept(
    torture: Torture,
) -> None:
    cls = torture.model(BASE)
    model = codec.decode(cls, b"\x08\x01" + b"\xf8\x0b\x05")  # field 191
    assert json.loads(codec.to_json(model)) == {"id": 1}
    assert codec.encode(model) == b"\x08\x01\xf8\x0b\x05"
