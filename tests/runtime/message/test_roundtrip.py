"""Does every one of the 648 messages survive the way through the SDK, bit for bit?

`ROUNDTRIP_EXAMPLES=500` runs that many random examples per message; without it a few fixed ones.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.mattermost.facts import API, MESSAGES, PACKAGE, message_class
from kit.mattermost.strategies import tree
from kit.mattermost.values import Tree, descriptor, filled, same, to_model, to_pb
from mattermost_plugin import models, registry
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError, FieldError
from plugwright_runtime.message.wkt import NULL

_ASKED = os.environ.get("ROUNDTRIP_EXAMPLES")
_ENVELOPES = {n for n in MESSAGES if n.endswith(("Request", "Response"))}


def _settings(examples: int) -> settings:
    return settings(
        max_examples=int(_ASKED or examples),
        derandomize=not _ASKED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


every_message = pytest.mark.parametrize("name", MESSAGES)


def model_class(name: str) -> Any:
    return registry.message(f"{PACKAGE}.{name}")


def wire(message: Any) -> bytes:
    data: bytes = message.SerializeToString(deterministic=True)
    return data


# ------------------------------------------------------------------ bytes and models


@every_message
def test_bytes_model_bytes(name: str) -> None:
    """Both directions against protobuf, so that two wrongs cannot make a right."""
    cls = model_class(name)

    @_settings(4 if name in _ENVELOPES else 12)
    @given(tree(name))
    def check(content: Tree) -> None:
        data = wire(to_pb(name, content))
        model = codec.decode(cls, data)
        expected = to_model(name, content)
        assert codec.encode(model, deterministic=True) == data
        assert codec.encode(expected, deterministic=True) == data
        assert same(model, _as_read(expected))
        assert same(codec.decode(cls, codec.encode(model)), model)
        if "nan" not in repr(content):
            assert model == expected

    check()


def _as_read(value: Any) -> Any:
    """A model as it comes back: integral numbers in Struct become int, as documented."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = copy.copy(value)
        for field in dataclasses.fields(value):
            setattr(changed, field.name, _as_read(getattr(value, field.name)))
        return changed
    if isinstance(value, dict):
        return {key: _as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_read(item) for item in value]
    exact = isinstance(value, float) and value.is_integer() and abs(value) <= 2**53
    if exact and str(value) != "-0.0":
        return int(value)
    return value


@every_message
def test_everything_and_nothing_filled(name: str) -> None:
    cls, content = model_class(name), filled(name)
    data = wire(to_pb(name, content))
    model = codec.decode(cls, data)
    assert same(model, to_model(name, content))
    assert codec.encode(model, deterministic=True) == data
    assert codec.encode(cls()) == b""
    assert same(codec.decode(cls, b""), cls())


@_settings(300)
@given(st.data())
def test_wire_in_any_order(data: st.DataObject) -> None:
    """Two encodings behind one another are merged by protobuf's rules."""
    name = data.draw(st.sampled_from(["Post", "Team", "CreateUserRequest", "PostList"]))
    twice = b"".join(wire(to_pb(name, data.draw(tree(name)))) for _ in range(2))
    expected = wire(message_class(name).FromString(twice))
    model = codec.decode(model_class(name), twice)
    assert codec.encode(model, deterministic=True) == expected


@_settings(500)
@given(name=st.sampled_from(["User", "PostList", "AppError"]), data=st.binary())
def test_arbitrary_bytes(name: str, data: bytes) -> None:
    """A DecodeError where protobuf refuses, its content and unknown fields where it does not."""
    try:
        expected = wire(message_class(name).FromString(data))
    except Exception:
        with pytest.raises(DecodeError, match=name):
            codec.decode(model_class(name), data)
    else:
        model = codec.decode(model_class(name), data)
        assert codec.encode(model, deterministic=True) == expected


# ------------------------------------------------------------------ None and zero

_PRESENT = [
    (name, row["name"])
    for name, rows in MESSAGES.items()
    for row in rows
    if descriptor(name).fields_by_name[row["name"]].has_presence
]


def test_presence_of_the_table() -> None:
    optional = sum(r.get("label") == "optional" for rows in MESSAGES.values() for r in rows)
    assert optional == 32
    assert len(_PRESENT) > 32 + len(API)


@pytest.mark.parametrize(("name", "field"), _PRESENT)
def test_none_is_not_zero(name: str, field: str) -> None:
    cls = model_class(name)
    assert getattr(codec.decode(cls, b""), field) is None
    pb = message_class(name)()
    kind = descriptor(name).fields_by_name[field]
    if kind.message_type is None:
        setattr(pb, field, kind.default_value)
    elif kind.message_type.full_name.endswith(".Value"):
        getattr(pb, field).string_value = ""
    else:
        getattr(pb, field).SetInParent()
    zero = codec.decode(cls, wire(pb))
    assert getattr(zero, field) is not None
    assert not getattr(zero, field) or dataclasses.is_dataclass(getattr(zero, field))
    assert codec.encode(zero) == wire(pb) != b""
    assert codec.encode(dataclasses.replace(zero, **{field: None})) == b""


@pytest.mark.parametrize(("name", "field"), [("KeyValuePair", "value"), ("PropertyValue", "value")])
def test_null_is_not_unset(name: str, field: str) -> None:
    """A google.protobuf.Value may be null, and it may not be there."""
    cls = model_class(name)
    data = wire(to_pb(name, {field: None}))
    model = codec.decode(cls, data)
    assert getattr(model, field) is NULL
    assert not NULL
    assert repr(model).endswith(f"{field}=NULL)") or f"{field}=NULL, " in repr(model)
    for made in (
        model,
        cls(**{field: NULL}),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        codec.from_json(cls, f'{{"{field}": null}}'),
        cls(**dataclasses.asdict(model)),
    ):
        assert made == model != cls()
        assert codec.encode(made) == data
        assert json.loads(codec.to_json(made)) == {field: None}
    inner = {field: {"a": NULL, "b": [NULL]}}
    read = codec.decode(cls, codec.encode(cls(**inner)))
    assert getattr(read, field) == {"a": None, "b": [None]}


_CONTAINERS: list[tuple[str, str, Any]] = [
    (name, row["name"], {} if row["type"].startswith("map<") else [])
    for name, rows in MESSAGES.items()
    for row in rows
    if row["type"].startswith("map<") or row.get("label") == "repeated"
]


@pytest.mark.parametrize(("name", "field", "empty"), _CONTAINERS)
def test_containers_are_never_none(name: str, field: str, empty: Any) -> None:
    model = codec.decode(model_class(name), b"")
    assert same(getattr(model, field), empty)
    setattr(model, field, empty)
    assert codec.encode(model) == b""


# ------------------------------------------------------------------ enums


@pytest.mark.parametrize(("name", "enum"), [("Team", "TeamType"), ("Channel", "ChannelType")])
@pytest.mark.parametrize("number", [-(2**31), -1, 5, 99, 2**31 - 1])
def test_unknown_enum_numbers(name: str, enum: str, number: int) -> None:
    data = wire(message_class(name)(type=number))
    model = codec.decode(model_class(name), data)
    assert model.type == number
    assert isinstance(model.type, getattr(models, enum))
    assert codec.encode(model) == data
    model.type = number  # a plain int is fine, too
    assert codec.encode(model) == data


# ------------------------------------------------------------------ ProtoJSON


@every_message
def test_json_round_trip(name: str) -> None:
    cls = model_class(name)

    @_settings(2 if name in _ENVELOPES else 6)
    @given(tree(name, json=True))
    def check(content: Tree) -> None:
        pb, model = to_pb(name, content), codec.decode(cls, wire(to_pb(name, content)))
        text = codec.to_json(model)
        assert json.loads(text) == json.loads(json_format.MessageToJson(pb))
        assert same(codec.from_json(cls, text), model)

    check()


@every_message
def test_json_names(name: str) -> None:
    """Written as `json_name`; read as either spelling."""
    model = to_model(name, filled(name, depth=0))
    written = json.loads(codec.to_json(model))
    fields = descriptor(name).fields
    assert written.keys() == {f.json_name for f in fields}
    original = {f.name: written[f.json_name] for f in fields}
    assert same(codec.from_json(type(model), json.dumps(original)), model)
    text = json.dumps(original | {"noSuchField": {"a": [1]}})
    with pytest.raises(DecodeError, match="noSuchField"):
        codec.from_json(type(model), text)
    found = codec.from_json(type(model), text, ignore_unknown_fields=True)
    assert same(found, model)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "User"),
        ("[]", "User"),
        ("{", "User"),
        ('{"createAt": "x"}', "create"),
        ('{"createAt": 1.5}', "create"),
        ('{"createAt": 9223372036854775808}', "create"),
        ('{"isBot": 1}', "isBot"),
        ('{"id": 5}', "id"),
        ('{"id": "\\ud800"}', "User"),
        ('{"props": {"a": null}}', "props"),
        ('{"id": "a", "id": "b"}', "id"),
        ("[" * 5000, "User"),
    ],
    ids=lambda v: v[:20],
)
def test_json_that_is_no_message(text: str, place: str) -> None:
    with pytest.raises(DecodeError) as caught:
        codec.from_json(models.User, text)
    assert place in str(caught.value)


def test_json_indented() -> None:
    assert codec.to_json(models.StringMap(values={"a": "b"}), indent=1).count("\n") == 4


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_json_cannot_hold_nan_in_a_struct(number: float) -> None:
    error = models.AppError(params={"x": number})
    with pytest.raises(FieldError, match="AppError"):
        codec.to_json(error)
    assert same(codec.decode(models.AppError, codec.encode(error)), error)


def test_json_and_bytes_keep_big_integers() -> None:
    """64-bit integers are strings in ProtoJSON: JavaScript would round numbers."""
    user = models.User(create_at=2**63 - 1, update_at=-(2**63))
    assert json.loads(codec.to_json(user)) == {
        "createAt": "9223372036854775807",
        "updateAt": "-9223372036854775808",
    }
    assert codec.from_json(models.User, codec.to_json(user)) == user


# ------------------------------------------------------------------ copies on the way


@every_message
def test_copies_are_equal_and_encode_alike(name: str) -> None:
    model = to_model(name, filled(name, depth=1))
    data = codec.encode(model, deterministic=True)
    for made in (
        copy.copy(model),
        copy.deepcopy(model),
        dataclasses.replace(model),
        pickle.loads(pickle.dumps(model)),
    ):
        assert made == model
        assert made is not model
        assert codec.encode(made, deterministic=True) == data
