"""Is every message read, written and refused as protobuf's own classes do it, valid or damaged?

What may differ is what docs/messages.md says: a Value of no kind is null, or unset in a field; JSON
has no field twice, and no list or text in place of a message.
"""

from __future__ import annotations

import json
import random

import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError as ProtobufError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.message.filling import damaged, fill
from kit.message.settled import serialized, settled
from kit.message.torture import Torture
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError, FieldError

TYPES = ["zoo.v1.Animal", "old.v1.Base", "old.v1.Sub", "unchecked.v1.Texts"]
bounded = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**32)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("damage", [False, True], ids=["valid", "damaged"])
@bounded
@given(seed=seeds)
def test_bytes(torture: Torture, name: str, damage: bool, seed: int) -> None:
    rng = random.Random(seed)
    cls = torture.model(name)
    message = cls.__codec__.message
    data = fill(rng, message()).SerializePartialToString()
    data = damaged(rng, data) if damage else data
    try:
        theirs = message.FromString(data)
    except ProtobufError:
        theirs = None
    if theirs is None or not theirs.IsInitialized():
        with pytest.raises(DecodeError):
            codec.decode(cls, data)
        return
    ours = message.FromString(codec.encode(codec.decode(cls, data)))
    before = serialized(theirs)
    if serialized(settled(theirs)) != before:  # nor what is unknown beside such a Value
        ours.DiscardUnknownFields()
        theirs.DiscardUnknownFields()
    assert serialized(ours) == serialized(theirs)


@pytest.mark.parametrize("name", TYPES)
@bounded
@given(seed=seeds)
def test_json(torture: Torture, name: str, seed: int) -> None:
    """What json_format writes is what is written here; what it reads is read to the same."""
    cls = torture.model(name)
    filled = settled(fill(random.Random(seed), cls.__codec__.message()))
    theirs = torture.message(name).FromString(serialized(filled))
    model = codec.decode(cls, serialized(filled))
    try:
        text = json_format.MessageToJson(theirs, descriptor_pool=torture.pool)
    except Exception:
        with pytest.raises(FieldError):
            codec.to_json(model)
        return
    assert json.loads(codec.to_json(model)) == json.loads(text)
    parsed = json_format.Parse(text, torture.message(name)(), descriptor_pool=torture.pool)
    assert codec.encode(codec.from_json(cls, text), deterministic=True) == serialized(parsed)


@pytest.mark.parametrize("name", TYPES)
@bounded
@given(seed=seeds)
def test_damaged_json(torture: Torture, name: str, seed: int) -> None:
    cls = torture.model(name)
    rng = random.Random(seed)
    filled = fill(rng, torture.message(name)())
    try:
        text = json_format.MessageToJson(filled, descriptor_pool=torture.pool)
    except Exception:
        return
    text = damaged(rng, text.encode()).decode("utf-8", "replace")
    try:
        model = codec.from_json(cls, text)
    except DecodeError:
        model = None
    try:
        theirs = json_format.Parse(text, torture.message(name)(), descriptor_pool=torture.pool)
    except json_format.ParseError:
        assert model is None
        return
    if model is not None:
        assert codec.encode(model, deterministic=True) == serialized(settled(theirs))
    elif theirs.IsInitialized():
        assert stricter(text)


def stricter(text: str) -> bool:
    """Whether a text has what only json_format takes: `[]` or "" for a message, a field twice."""
    return any(empty in text for empty in ("[]", '""'))
