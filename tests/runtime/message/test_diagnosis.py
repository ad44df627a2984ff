"""Does a wrong value in any kind of field raise an error that names the field, and soon?

Each wrong value is alone among right ones, so whatever else is named is named wrongly.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from plugwright_runtime import codec
from plugwright_runtime.errors import FieldError
from plugwright_runtime.message.descriptors import by_attribute, in_oneof, is_map, is_repeated
from plugwright_runtime.message.trial import Trial
from plugwright_runtime.message.wkt import AnyMessage, Empty, FieldMask

NOTHING = object()
_INTS: tuple[Any, ...] = (
    "5",
    0.5,
    b"5",
    None,
    [1],
    {},
    NOTHING,
    2**64,
    -(2**64),
    10**5000,
)
_WELL_KNOWN: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "Timestamp": (datetime(2026, 1, 1, tzinfo=UTC), ("x", 5, datetime(2026, 1, 1))),
    "Duration": (timedelta(1), ("x", 5, NOTHING)),
    "Struct": ({"a": 1}, ([1], "x", {5: 1}, {"a": NOTHING}, {"a": [2**53 + 1]})),
    "Value": ([1, None], (NOTHING, {"a": {1}}, "\ud800", 10**400)),
    "ListValue": ([1], ("ab", {1: 2}, [NOTHING], 5)),
    "Any": (AnyMessage("x/y", b""), (b"x", 5, "x")),
    "FieldMask": (FieldMask(["a"]), ("a.b", 5, FieldMask([5]))),  # type: ignore[list-item]
    "Empty": (Empty(), ({}, 5, "x")),
    "FloatValue": (1.5, ("x", [1], 1e39, 10**40, 10**5000)),
    "Int64Value": (5, ("5", 0.5, 2**63, 10**5000)),
    "UInt64Value": (5, ("5", -1, 2**64)),
    "StringValue": ("a", (5, b"x", "\ud800")),
    "BoolValue": (True, (5, "true")),
    "BytesValue": (b"a", (5, [1])),
}
_SCALARS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "DOUBLE": (1.5, ("x", None, [1], b"1", 10**400, 10**5000)),
    "FLOAT": (1.5, ("x", None, [1], b"1", 1e39, -1e39, 10**40, 10**5000)),
    "BOOL": (True, (1, 0, "true", None, 0.5)),
    "STRING": ("a", (5, b"x", None, "\ud800", ["a"], NOTHING)),
    "BYTES": (b"a", (5, None, [1], NOTHING, "\ud800")),
    "ENUM": (1, ("x", 0.5, b"1", None, 2**40, 10**5000)),
}
_TYPES = {9: "STRING", 12: "BYTES", 14: "ENUM", 8: "BOOL", 1: "DOUBLE", 2: "FLOAT"}


def values(package: Any, field: Any) -> tuple[Any, tuple[Any, ...]]:
    """(a right value, wrong ones) of a single value in a field."""
    if (nested := field.message_type) is None:
        return _SCALARS.get(_TYPES.get(field.type, ""), (5, _INTS))
    if nested.full_name.startswith("google.protobuf.") and nested.name in _WELL_KNOWN:
        return _WELL_KNOWN[nested.name]
    model = package.codec(nested.full_name).model()
    other = "every.v1.Nothing" if nested.name != "Nothing" else "every.v1.Leaf"
    fields = {n: getattr(model, n) for n in model.__field_names__}
    alike = SimpleNamespace(**fields, __unknown__=b"")
    return model, ("x", 5, {}, alike, package.codec(other).model(), NOTHING)


def right(package: Any, field: Any) -> Any:
    """A right value of the whole field."""
    if is_map(field):
        key, value = field.message_type.fields
        return {values(package, key)[0]: values(package, value)[0]}
    good = values(package, field)[0]
    return [good, good] if is_repeated(field) else good


def wrong(package: Any, field: Any) -> Iterator[tuple[Any, str]]:
    """(a wrong value of the whole field, where in it the error must be)."""
    if is_map(field):
        key, inner = field.message_type.fields
        (of_key, wrong_keys), (good, bad) = values(package, key), values(package, inner)
        for value in bad:
            yield {of_key: value}, f"[{of_key!r}]"
        for value in wrong_keys:
            if not isinstance(value, list | dict) and value != of_key:
                yield {of_key: good, value: good}, " key"
        yield from ((value, "") for value in (5, "ab", [1], None))
    elif is_repeated(field):
        good, bad = values(package, field)
        for value in (*bad, None) if field.message_type is None else bad:
            yield [good, value, good], "[1]"
        yield from ((value, "") for value in (5, "ab", b"ab", {"a": 1}, None))
    else:
        for value in values(package, field)[1]:
            if value is not None or not field.has_presence:
                yield value, ""


def rows(every: Any) -> Iterator[tuple[str, Any, str]]:
    """(attribute, a wrong value, the path that must be named) for every kind of field."""
    made = every.Every.__codec__
    descriptor, package = made.message.DESCRIPTOR, made.package
    fields = by_attribute(descriptor)
    for attribute, (field, *more) in zip(every.Every.__field_names__, fields, strict=True):
        path = f"Every.{attribute}"
        if not in_oneof(field):
            for value, place in wrong(package, field):
                yield attribute, value, path + place
            continue
        for member in (field, *more):
            case = getattr(every.Every.One, _class(member.name))
            for value in (*values(package, member)[1], None):
                if value is not None or member.message_type is None:
                    yield attribute, case(value), f"{path} ({case.__name__})"
        yield attribute, 5, path
        yield attribute, "x", path


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def all_right(every: Any) -> dict[str, Any]:
    made = every.Every.__codec__
    fields = by_attribute(made.message.DESCRIPTOR)
    pairs = zip(every.Every.__field_names__, fields, strict=True)
    found = {a: right(made.package, f[0]) for a, f in pairs if not in_oneof(f[0])}
    return {**found, "one": every.Every.One.OneFloat(1.5)}


def refused(model: Any) -> FieldError:
    with pytest.raises(FieldError) as caught:
        codec.encode(model)
    assert caught.value.__cause__ is None
    return caught.value


def test_every_wrong_value_in_every_kind_of_field(every: Any) -> None:
    good = all_right(every)
    codec.encode(every.Every(**good))
    failed: list[str] = []
    tried = 0
    for attribute, value, path in rows(every):
        tried += 1
        try:
            codec.encode(every.Every(**{**good, attribute: value}))
        except FieldError as error:
            if error.path != path:
                failed.append(f"{path}: named {error}")
        else:
            failed.append(f"{path}: accepted {type(value).__name__}")
    assert not failed, "\n".join(failed)
    assert tried > 400


def test_the_path_leads_through_models(every: Any) -> None:
    wrong = every.Leaf(id=1, leaves=[every.Leaf(), every.Leaf(name=5)])
    ways = {
        "a_leaf": (wrong, ""),
        "leaves": ([every.Leaf(), wrong], "[1]"),
        "to_leaf": ({"a": every.Leaf(), "b": wrong}, "['b']"),
        "one": (every.Every.One.OneLeaf(wrong), " (OneLeaf)"),
    }
    good = all_right(every)
    for attribute, (value, place) in ways.items():
        error = refused(every.Every(**{**good, attribute: value}))
        path = f"Every.{attribute}{place}.leaves[1].name"
        assert str(error) == f"{path}: expected str, got int 5"


def test_a_field_of_protobufs_own_messages(every: Any) -> None:
    package = every.Every.__codec__.package
    field = package.message("google.protobuf.FieldDescriptorProto")(name="fine")
    assert refused(every.Every(a_descriptor=field, an_int32="x")).path == "Every.an_int32"
    field.number = "one"
    error = refused(every.Every(descriptors=[type(field)(), field]))
    assert error.path == "Every.descriptors[1].number"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"a_float": 1e39},
            "Every.a_float: expected float within the range of the field",
        ),
        ({"a_float": 10**40}, "Every.a_float: expected float within the range"),
        ({"a_double": 10**5000}, "Every.a_double: expected float within the range"),
        ({"an_int32": 10**5000}, "got int of 16610 bits"),
        (
            {"a_float_value": 10**40},
            "Every.a_float_value: expected a value for google.",
        ),
        ({"floats": [1.0, 10**40]}, "Every.floats[1]: expected float within the range"),
    ],
    ids=["float", "int", "double", "digits", "wrapped", "in a list"],
)
def test_numbers_that_do_not_fit(every: Any, values: dict[str, Any], text: str) -> None:
    assert text in str(refused(every.Every(**values)))


def test_proto2(old: Any) -> None:
    def made(**values: Any) -> Any:
        return old.Old(**{"id": 1, "text": "a", "size": old.Old.Size.LARGE, **values})

    codec.encode(made())
    assert refused(made(id=None)).expected == "a value, for the proto requires one"
    rows: list[tuple[dict[str, Any], str]] = [
        ({"size": 7}, "size"),
        ({"sizes": [0, 7]}, "sizes[1]"),
        ({"text": 5}, "text"),
        ({"texts": ["a", 5]}, "texts[1]"),
        ({"texts": ["a", "\ud800"]}, "texts[1]"),
        ({"by_size": {"a": 7}}, "by_size['a']"),
        ({"inner": old.Old.Inner(text=None)}, "inner.text"),
        ({"olds": [old.Old(id=1), old.Old(id="x")]}, "olds[1].id"),
        ({"one": old.Old.One.OneText(5)}, "one (OneText)"),
    ]
    for values, path in rows:
        assert refused(made(**values)).path == f"Old.{path}"


def test_a_required_message_is_missing_or_is_another(old: Any) -> None:
    good = old.Holder(old=old.Old(id=1))
    assert codec.decode(old.Holder, codec.encode(good)) == good
    assert refused(old.Holder(old=None)).expected == "a value, for the proto requires one"
    assert refused(old.Holder(old="text")).expected == "Old"
    assert refused(old.Holder(old=good)).expected == "Old"


def test_an_error_can_be_pickled(every: Any) -> None:
    error = refused(every.Every(a_float=1e39))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.path, again.value) == (str(error), error.path, 1e39)


# ------------------------------------------------------------------ cost


def counted(every: Any) -> tuple[Any, list[str]]:
    """A leaf class that notes which of its attributes are asked for, and the notes."""
    asked: list[str] = []

    class Counted(every.Leaf):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            asked.append(name)
            return super().__getattribute__(name)

    return Counted, asked


def many(every: Any, leaf: Any, last: Any) -> dict[str, Any]:
    """Models with much in them and `last` behind it, by where that is."""
    leaves = [leaf(id=i, name=f"leaf {i}") for i in range(500)]
    deep = leaf(leaves=[*leaves, leaf(id=last)])
    for _ in range(60):
        deep = leaf(leaves=[deep])
    by_name = {str(i): model for i, model in enumerate(leaves)}
    return {
        "the last of many": every.Every(leaves=[*leaves, leaf(id=last)]),
        "the last of a map": every.Every(to_leaf={**by_name, "x": leaf(id=last)}),
        "a field after many": every.Every(leaves=leaves, maybe_int64=last),
        "at the end of sixty levels": every.Every(a_leaf=deep),
    }


def test_a_failing_encode_looks_at_little_more_than_a_good_one(every: Any) -> None:
    leaf, asked = counted(every)
    good, bad = many(every, leaf, 5), many(every, leaf, "x")
    for name, model in good.items():
        asked.clear()
        codec.encode(model)
        floor = len(asked)
        asked.clear()
        assert "expected int, got str" in str(refused(bad[name])), name
        assert len(asked) < 3 * floor, name


def test_of_a_list_or_map_each_half_is_tried_once(every: Any) -> None:
    tried: list[int] = []

    class Counting(Trial):
        def problem(self, value: Any) -> Exception | None:
            tried.append(len(value))
            return super().problem(value)

    size, last = 10_000, 10_000
    elements = [*range(size), "x"]
    assert Counting(every.Every(), "int32s").first(elements, list) == last
    items = [*((str(i), i) for i in range(size)), ("x", "x")]
    assert Counting(every.Every(), "to_int32").first(items, dict) == last
    assert sum(tried) < 2 * 2.1 * size
    assert len(tried) < 2 * 20


def test_an_iterator_in_a_list_is_there_the_next_time_too(every: Any) -> None:
    leaves = [every.Leaf(id=i) for i in range(3)]
    given: dict[str, Callable[[], Any]] = {
        "int32s": lambda: iter([1, 2, 3]),
        "strings": lambda: (c for c in "abc"),
        "leaves": lambda: (leaf for leaf in leaves),
        "timestamps": lambda: iter([datetime(2026, 1, 1, tzinfo=UTC)]),
        "values": lambda: iter([1, None]),
    }
    model = every.Every(**{name: make() for name, make in given.items()})
    expected = every.Every(**{name: list(make()) for name, make in given.items()})
    assert codec.encode(model) == codec.encode(model) == codec.encode(expected)
    assert model == expected
    kept = (1, 2)
    model = every.Every(int32s=kept)
    codec.encode(model)
    assert model.int32s is kept
    error = refused(every.Every(int32s=iter([1, "x"])))
    assert error.path == "Every.int32s[1]"
