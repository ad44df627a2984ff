"""What happens at the edges of protobuf: deep messages, unknown numbers, text that is no UTF-8?"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from kit.generating.packages import Generated
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError, FieldError

# Messages inside each other that protobuf reads, the outermost one not counted.
DEEPEST = 100


@pytest.fixture(scope="module")
def node(generated: Generated) -> Any:
    return generated.registry("nested").message("cases.nested.Node")


def _singular(cls: Any, inner: Any) -> Any:
    return cls(left=inner)


def _oneof(cls: Any, inner: Any) -> Any:
    return cls(next=cls.Next.Node(inner))


WAYS: dict[str, Callable[[Any, Any], Any]] = {"singular": _singular, "oneof": _oneof}


@pytest.fixture(params=list(WAYS))
def deep(request: pytest.FixtureRequest, node: Any) -> Callable[[int], Any]:
    """`deep(n)`: a node with n nodes inside of it, each in the one before."""

    def deep(levels: int) -> Any:
        made = node()
        for _ in range(levels):
            made = WAYS[request.param](node, made)
        return made

    return deep


# ------------------------------------------------------------------ recursion


def test_all_that_protobuf_reads_works(deep: Callable[[int], Any], node: Any) -> None:
    made = deep(DEEPEST)
    data = codec.encode(made)
    read = codec.decode(node, data)
    assert read == made
    assert repr(read) == repr(made)
    assert repr(read).count("Node(") >= DEEPEST
    for copied in (
        copy.copy(read),
        copy.deepcopy(read),
        pickle.loads(pickle.dumps(read)),
        dataclasses.replace(read),
    ):
        assert copied == made
    # json_format counts the outermost message too.
    shallower = deep(DEEPEST - 1)
    assert codec.from_json(node, codec.to_json(shallower)) == shallower


def test_what_is_deeper_is_an_error_that_says_so(deep: Callable[[int], Any], node: Any) -> None:
    data = codec.encode(deep(DEEPEST + 1))  # a host in Go reads more
    with pytest.raises(DecodeError, match=r"levels deep|Error parsing") as caught:
        codec.decode(node, data)
    assert len(str(caught.value)) < 200
    text = codec.to_json(deep(DEEPEST))
    with pytest.raises(DecodeError, match="too deep") as caught:
        codec.from_json(node, text)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("levels", [2_000, 50_000])
def test_a_tower_is_an_error_and_no_crash(deep: Callable[[int], Any], levels: int) -> None:
    tower = deep(levels)
    with pytest.raises(FieldError, match="nested at most 100 levels deep") as caught:
        codec.encode(tower)
    assert len(str(caught.value)) < 500
    with pytest.raises(FieldError, match="nested at most 100 levels deep"):
        codec.to_json(tower)
    for use in (repr, copy.deepcopy, pickle.dumps, lambda t: t == deep(levels)):
        # Python's own limit, which differs by version; without one the process would be gone.
        with contextlib.suppress(RecursionError):
            use(tower)
    del tower
    gc.collect()


def test_json_that_is_a_tower(node: Any) -> None:
    for levels in (200, 100_000):
        text = '{"left":' * levels + "{}" + "}" * levels
        with pytest.raises(DecodeError) as caught:
            codec.from_json(node, text)
        assert len(str(caught.value)) < 600


def test_a_cycle_can_be_copied_and_shown_but_not_sent(node: Any) -> None:
    made = node()
    made.left = made
    assert repr(made).count("...") == 1
    again = copy.deepcopy(made)
    assert again.left is again
    again = pickle.loads(pickle.dumps(made))
    assert again.left is again
    for write in (codec.encode, codec.to_json):
        with pytest.raises(FieldError, match="nested at most 100 levels deep"):
            write(made)


def test_deep_copies_keep_what_a_subclass_adds(node: Any) -> None:
    class Slotted(node):  # type: ignore[misc]
        __slots__ = ("extra",)

    class Open(node):  # type: ignore[misc]
        pass

    for cls in (Slotted, Open):
        made = cls(left=node())
        made.extra = [1]
        made.__unknown__ = b"\xfa\xff\xff\xff\x0f\x01x"
        copied = copy.deepcopy(made)
        assert type(copied) is cls
        assert copied == made
        assert copied.left is not made.left
        assert (copied.extra, copied.__unknown__) == (made.extra, made.__unknown__)
        assert copied.extra is not made.extra
    shared = node()
    pair = copy.deepcopy(node(left=shared, right=shared))
    assert pair.left is pair.right


# ------------------------------------------------------------------ text that is no UTF-8

WRONG = b"a\xff\xfe\xc3"


def test_text_that_proto2_does_not_check_is_kept(generated: Generated) -> None:
    line = generated.registry("proto2").message("cases.proto2.Line")
    data = b"\x0a" + bytes([len(WRONG)]) + WRONG
    read: Any = codec.decode(line, data)
    assert read.text == WRONG.decode("utf-8", "surrogateescape")
    assert codec.encode(read) == data
    assert codec.encode(copy.deepcopy(read)) == data
    with pytest.raises(FieldError, match=r"Line\.text: expected text that UTF-8"):
        codec.to_json(read)
    read.text = "ä€"
    assert codec.decode(line, codec.encode(read)) == read
    read.text = "\ud800"  # no byte of any text
    with pytest.raises(FieldError, match=r"Line\.text: expected text that UTF-8"):
        codec.encode(read)
    for wrong in (b"bytes", 5):
        read.text = wrong
        with pytest.raises(FieldError, match=r"Line\.text: expected str"):
            codec.encode(read)
    read.text = None
    with pytest.raises(FieldError, match=r"Line\.text: .* the proto requires one"):
        codec.encode(read)


def test_text_in_every_place(generated: Generated) -> None:
    text = generated.registry("proto2").message("cases.proto2.Texts")
    escaped = WRONG.decode("utf-8", "surrogateescape")
    model: Any = text(many=["a", escaped, ""], chosen=text.Chosen.Word(escaped), by_number={1: "b"})
    data = codec.encode(model)
    assert data.count(WRONG) == 2
    assert codec.decode(text, data) == model
    assert codec.encode(codec.decode(text, data)) == data
    entry = b"\x08\x01\x12" + bytes([len(WRONG)]) + WRONG
    read: Any = codec.decode(text, b"\x1a" + bytes([len(entry)]) + entry)
    assert read.by_number == {1: escaped}
    assert codec.encode(read) == b"\x1a" + bytes([len(entry)]) + entry


def test_features_say_what_is_checked(generated: Generated) -> None:
    """In an edition a field says it; proto3 checks everything."""
    features = generated.registry("editions").message("cases.editions.Features")
    data = b"\x18\x01\x62" + bytes([len(WRONG)]) + WRONG
    assert codec.encode(codec.decode(features, data)) == data
    checked = generated.registry("oneofs").message("cases.oneofs.Shape")
    with pytest.raises(DecodeError, match=r"cases\.oneofs\.Shape"):
        codec.decode(checked, b"\x0a" + bytes([len(WRONG)]) + WRONG)
    lone = checked(name=WRONG.decode("utf-8", "surrogateescape"))
    with pytest.raises(FieldError, match=r"Shape\.name: expected text that UTF-8"):
        codec.encode(lone)


# ------------------------------------------------------------------ closed enums


def test_numbers_that_a_closed_enum_lacks_are_kept(generated: Generated) -> None:
    features = generated.registry("editions").message("cases.editions.Features")
    # required = 1, closed = 99, all_closed = [5, 99]
    data = b"\x18\x01\x30\x63\x38\x05\x38\x63"
    read: Any = codec.decode(features, data)
    assert read.closed is None
    assert [int(v) for v in read.all_closed] == [5]
    assert sorted(codec.encode(read)) == sorted(data)
    assert codec.decode(features, codec.encode(read)) == read


def test_unset_closed_enums_read_as_their_first_value(generated: Generated) -> None:
    """Whatever its number: here it is 5."""
    features = generated.registry("editions").message("cases.editions.Features")
    message = generated.registry("editions").codec("cases.editions.Features").message
    assert message().closed == 5
    assert features(required=1).closed is None
