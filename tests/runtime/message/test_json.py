"""Does ProtoJSON say what protobuf's own says, with its options, and read what it wrote?"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from google.protobuf import json_format
from kit.message.torture import Torture
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError, FieldError
from plugwright_runtime.message.rawtime import RawDatetime, RawTimedelta
from plugwright_runtime.message.wkt import AnyMessage, FieldMask

ANIMAL = "zoo.v1.Animal"


def animal(torture: Torture) -> Any:
    cls = torture.model(ANIMAL)
    return cls(
        name="é🙂",
        id=2**53,
        kind=torture.sdk.models.Animal.Kind.DOG,
        m={"b": 1},
        parent=cls(u32=3),
        mask=FieldMask(["a_b"]),
        data=b"\xff",
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"indent": 2},
        {"sort_keys": True},
        {"ensure_ascii": False},
        {"preserving_proto_field_name": True},
        {"use_integers_for_enums": True},
        {"always_print_fields_with_no_presence": True},
        {"always_print_fields_with_no_presence": True, "sort_keys": True, "indent": 1},
    ],
    ids=str,
)
def test_options_are_those_of_protobuf(torture: Torture, options: dict[str, Any]) -> None:
    model = animal(torture)
    theirs = torture.message(ANIMAL).FromString(codec.encode(model))
    expected = json_format.MessageToJson(
        theirs, descriptor_pool=torture.pool, **{"indent": None, **options}
    )
    assert codec.to_json(model, **options) == expected
    assert codec.from_json(type(model), expected) == model


WHOLE = [
    ("BoolValue", {"value": True}, "true"),
    ("BoolValue", {}, "false"),
    ("Int64Value", {"value": -5}, '"-5"'),
    ("StringValue", {"value": "x"}, '"x"'),
    ("BytesValue", {"value": b"\xff"}, '"/w=="'),
    ("DoubleValue", {"value": 1.5}, "1.5"),
    ("FloatValue", {"value": 0.5}, "0.5"),
    ("Duration", {"seconds": 3}, '"3s"'),
    ("Timestamp", {}, '"1970-01-01T00:00:00Z"'),
    ("FieldMask", {"paths": ["a_b", "c"]}, '"aB,c"'),
    ("ListValue", {"values": [1, None]}, "[1.0, null]"),
    ("ListValue", {}, "[]"),
    ("Struct", {"fields": {"a": [True]}}, '{"a": [true]}'),
    ("Any", {}, "{}"),
    ("Empty", {}, "{}"),
]


@pytest.mark.parametrize(("name", "values", "text"), WHOLE, ids=str)
def test_a_well_known_type_as_a_whole_is_read_as_it_was_written(
    torture: Torture, name: str, values: dict[str, Any], text: str
) -> None:
    cls = torture.model(f"google.protobuf.{name}")
    model = cls(**values)
    assert json.loads(codec.to_json(model)) == json.loads(text)
    assert codec.from_json(cls, codec.to_json(model)) == model


@pytest.mark.parametrize("text", ["null", "true", '"x"', "1.5", "[null]", '{"a": {}}'])
def test_a_value_as_a_whole(torture: Torture, text: str) -> None:
    cls = torture.model("google.protobuf.Value")
    model = codec.from_json(cls, text)
    assert json.loads(codec.to_json(model)) == json.loads(text)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_text_in_utf8(torture: Torture, kind: Any) -> None:
    model = animal(torture)
    text = codec.to_json(model, ensure_ascii=False)
    assert codec.from_json(type(model), kind(text.encode())) == model
    with pytest.raises(DecodeError, match="utf-8"):
        codec.from_json(type(model), kind(b'{"name": "\xff"}'))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"parent": {"mapOne": 1, "u32": 1, "u32": 2}}', "'u32' is there twice"),
        ('{"mb": {"true": "a"}, "mb": {}}', "'mb' is there twice"),
        ('{"strs": ["a"], "i64": "1", "i64": "2"}', "'i64' is there twice"),
    ],
)
def test_a_member_that_is_there_twice(torture: Torture, text: str, path: str) -> None:
    with pytest.raises(DecodeError, match=path):
        codec.from_json(torture.model(ANIMAL), text)


def test_a_member_that_is_there_twice_is_found_at_once(torture: Torture) -> None:
    members = ",".join(f'"k{i}": 1' for i in range(50_000))
    start = time.process_time()
    codec.from_json(torture.model(ANIMAL), f'{{"st": {{{members}}}}}')
    good = time.process_time() - start
    start = time.process_time()
    with pytest.raises(DecodeError, match="'k49999' is there twice"):
        codec.from_json(torture.model(ANIMAL), f'{{"st": {{{members}, "k49999": 2}}}}')
    assert time.process_time() - start < 10 * good


FIRST, SECOND = '"jsonName": "a"', '"json_name": "b"'


@pytest.mark.parametrize("pair", [(FIRST, SECOND), (SECOND, FIRST)], ids=str)
@pytest.mark.parametrize(
    "outside",
    [
        '{"fdp": {%s}}',
        '{"parent": {"fdp": {%s}}}',
        '{"kids": [{}, {"fdp": {%s}}]}',
        '{"friends": {"a": {"fdp": {%s}}}}',
        '{"any": {"@type": "x/google.protobuf.FieldDescriptorProto", %s}}',
        '{"any": {"@type": "x/zoo.v1.Animal", "fdp": {%s}}}',
    ],
)
def test_two_spellings_of_one_field_are_refused(
    torture: Torture, pair: tuple[str, str], outside: str
) -> None:
    cls = torture.model(ANIMAL)
    for one in pair:
        codec.from_json(cls, outside % one)
    with pytest.raises(DecodeError, match=r"json_?[nN]ame and json_?[nN]ame are one"):
        codec.from_json(cls, outside % ", ".join(pair))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[]", "Animal: expected a JSON object, got list"),
        ('""', "Animal: expected a JSON object, got str"),
        ("null", "Animal: expected a JSON object, got NoneType"),
        ('{"parent": []}', r"Animal\.parent: expected a JSON object, got list"),
        ('{"kids": [{}, ""]}', r"Animal\.kids\[1\]: expected a JSON object, got str"),
        ('{"friends": {"x": []}}', r"Animal\.friends\['x'\]: expected a JSON object"),
        ("{", "Expecting property name"),
        ("1" * 5000, "Exceeds the limit|expected a JSON object"),
        ("[" * 100_000, "recursion|Stack overflow"),
        ('{"parent":' * 101 + "{}" + "}" * 101, "recursion|deep"),
    ],
)
def test_what_is_no_message(torture: Torture, text: str, path: str) -> None:
    with pytest.raises(DecodeError, match=path):
        codec.from_json(torture.model(ANIMAL), text)


def test_what_is_unknown_is_passed_over_if_asked_for(torture: Torture) -> None:
    cls = torture.model(ANIMAL)
    text = '{"name": "x", "new": {"a": [1]}, "kind": "KIND_NEW", "parent": {"n": 1}}'
    with pytest.raises(DecodeError, match="new"):
        codec.from_json(cls, text)
    model = codec.from_json(cls, text, ignore_unknown_fields=True)
    assert model == cls(name="x", parent=cls())


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("born", RawDatetime(2**62, 0), "Animal.born"),
        ("age", RawTimedelta(1, -1), "Animal.age"),
        ("borns", [RawDatetime(0, -1)], "Animal.borns[0]"),
        ("mt", {"k": RawDatetime(0, -1)}, "Animal.mt['k']"),
        ("v", float("nan"), "Animal.v"),
        ("st", {"a": [float("inf")]}, "Animal.st"),
        ("vs", [1, float("inf")], "Animal.vs[1]"),
        ("any", AnyMessage("x/no.Such", b""), "Animal.any"),
        ("any", AnyMessage("x/google.protobuf.Timestamp", b"\x10\x81"), "Animal.any"),
        ("mask", FieldMask(["aB"]), "Animal.mask"),
    ],
    ids=str,
)
def test_json_names_the_field_it_cannot_hold(
    torture: Torture, field: str, value: Any, path: str
) -> None:
    cls = torture.model(ANIMAL)
    for model, place in (
        (cls(**{field: value}), path),
        (
            cls(kids=[cls(), cls(**{field: value})]),
            path.replace(".", ".kids[1].", 1),
        ),
    ):
        with pytest.raises(FieldError) as caught:
            codec.to_json(model)
        assert caught.value.path == place
        assert codec.decode(cls, codec.encode(model)) is not None
