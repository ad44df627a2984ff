"""Does a plugin older than its host leave alone what it does not know?

Every message, at every depth, gets fields that no proto declares, in each of the wire types. They
must still be there after decoding, changing a known field, and encoding.
"""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf import unknown_fields
from kit.mattermost.facts import MESSAGES, PACKAGE, message_class
from kit.mattermost.values import (
    descriptor,
    filled,
    is_map,
    is_ours,
    is_repeated,
    map_value,
    to_pb,
)
from mattermost_plugin import models, registry
from plugwright_runtime import codec
from plugwright_runtime.message.unknown import LARGE

every_message = pytest.mark.parametrize("name", MESSAGES)

# Fields 5000 to 5004: a varint, 8 bytes, text, a group, 4 bytes.
FUTURE = bytes.fromhex("c0b802 ffffffffffffffffff01" "c9b802 0102030405060708")
FUTURE += bytes.fromhex("d2b802 05") + "é🙂"[:1].encode() + b"abc"
FUTURE += bytes.fromhex("dbb802 0801 dcb802" "e5b802 01020304")

Copier = Callable[[Any], Any]
COPIERS: list[Copier] = [
    copy.copy,
    copy.deepcopy,
    dataclasses.replace,
    lambda model: pickle.loads(pickle.dumps(model)),
]


def parts(message: Any) -> Iterator[Any]:
    """A protobuf message and every message inside of it that the SDK has a model for."""
    yield message
    for field, value in message.ListFields():
        if is_map(field):
            if is_ours(map_value(field)):
                for item in value.values():
                    yield from parts(item)
        elif is_ours(field):
            for item in value if is_repeated(field) else [value]:
                yield from parts(item)


def from_the_future(name: str) -> Any:
    """A protobuf message `name` with all it declares, and more, at every depth."""
    message = to_pb(name, filled(name))
    for i, part in enumerate(parts(message)):
        part.MergeFromString(FUTURE + b"\xb2\xbb\x02\x02" + b"%02d" % (i % 100))
    return message


def decoded(name: str, message: Any) -> Any:
    cls = registry.message(f"{PACKAGE}.{name}")
    return codec.decode(cls, message.SerializeToString())


def wire(message: Any) -> bytes:
    data: bytes = message.SerializeToString(deterministic=True)
    return data


def test_the_future_has_every_wire_type() -> None:
    empty = message_class("Empty").FromString(FUTURE)
    fields: Any = unknown_fields.UnknownFieldSet(empty)
    found = {f.field_number: f.wire_type for f in fields}
    assert found == {5000: 0, 5001: 1, 5002: 2, 5003: 3, 5004: 5}


@every_message
def test_bytes_survive_with_all_that_is_unknown(name: str) -> None:
    message = from_the_future(name)
    assert codec.encode(decoded(name, message), deterministic=True) == wire(message)


@every_message
def test_copies_keep_the_unknown(name: str) -> None:
    message = from_the_future(name)
    model = decoded(name, message)
    for copier in COPIERS:
        made = copier(model)
        assert made == model
        assert codec.encode(made, deterministic=True) == wire(message)


@every_message
def test_changing_a_field_keeps_the_unknown(name: str) -> None:
    """Each field in turn is cleared: only what was in it may go."""
    message = from_the_future(name)
    for field in descriptor(name).fields:
        expected = message_class(name).FromString(wire(message))
        expected.ClearField(field.name)
        cleared = getattr(registry.message(f"{PACKAGE}.{name}")(), field.name)
        model = decoded(name, message)
        replaced = dataclasses.replace(model, **{field.name: cleared})
        setattr(model, field.name, cleared)
        for changed in (model, replaced):
            assert codec.encode(changed, deterministic=True) == wire(expected)


def test_a_post_that_a_hook_changes() -> None:
    """The case this is for: message, embeds in a list, images in a map, all with more in them."""
    message = from_the_future("Post")
    post = decoded("Post", message)
    post.message = "changed"
    post.metadata.embeds[0].url = "changed"
    post.metadata.embeds.reverse()
    image = next(iter(post.metadata.images))
    post.metadata.images[image].width = 7
    post.props["new"] = 1

    message.message = "changed"
    message.metadata.embeds[0].url = "changed"
    message.metadata.embeds.reverse()
    message.metadata.images[image].width = 7
    message.props.fields["new"].number_value = 1
    assert codec.encode(post, deterministic=True) == wire(message)


def test_a_model_moved_into_another_keeps_its_unknown() -> None:
    user = decoded("User", from_the_future("User"))
    request = models.CreateUserRequest(user=user)
    sent = message_class("CreateUserRequest").FromString(codec.encode(request))
    assert wire(sent.user) == wire(from_the_future("User"))


def test_unknown_does_not_count_in_comparisons() -> None:
    with_more = decoded("StringMap", from_the_future("StringMap"))
    without = decoded("StringMap", to_pb("StringMap", filled("StringMap")))
    assert with_more == without
    assert repr(with_more) == repr(without)


def test_a_known_number_with_another_wire_type() -> None:
    """What cannot be read as declared is unknown to protobuf, and stays."""
    data = bytes.fromhex("0807")  # User.id, as a varint
    user = codec.decode(models.User, data)
    assert user.id == ""
    assert codec.encode(user) == data


def test_a_new_model_has_nothing_unknown() -> None:
    user = decoded("User", from_the_future("User"))
    fresh = models.User(**{f.name: getattr(user, f.name) for f in dataclasses.fields(user)})
    assert fresh == user
    assert FUTURE not in codec.encode(fresh)
    assert FUTURE in codec.encode(user)


@pytest.mark.parametrize("size", [1, LARGE + 1])
def test_unknown_fields_are_dropped_on_demand(size: int) -> None:
    data = codec.encode(models.User(id="x" * size)) + FUTURE
    assert codec.decode(models.User, data).__unknown__ == FUTURE
    assert codec.decode(models.User, data, keep_unknown=False).__unknown__ == b""
