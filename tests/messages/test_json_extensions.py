"""Does ProtoJSON name the extensions that protos declare, though models only carry their bytes?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError
from torture import Torture

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
    theirs = json_format.ParseDict(
        value, torture.message(BASE)(), descriptor_pool=torture.pool
    )
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
def test_what_is_wrong_in_an_extension(
    torture: Torture, text: str, problem: str
) -> None:
    with pytest.raises(DecodeError, match=problem):
        codec.from_json(torture.model(BASE), text)


def test_extensions_of_extensible_messages_nobody_declares_are_kept(
    torture: Torture,
) -> None:
    cls = torture.model(BASE)
    model = codec.decode(cls, b"\x08\x01" + b"\xf8\x0b\x05")  # field 191
    assert json.loads(codec.to_json(model)) == {"id": 1}
    assert codec.encode(model) == b"\x08\x01\xf8\x0b\x05"
