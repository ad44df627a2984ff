"""Do Starlark's values survive the way to Python and back, over the wire and at every depth?"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openrun_plugin import Cursor, FuncRef, Struct, Thunk, from_star, to_star
from openrun_plugin.models import (
    BigInt,
    CallRequest,
    Kwarg,
    StarDict,
    StarEntry,
    StarValue,
    TypedStruct,
    ValueList,
)
from plugwright_runtime.codec import decode, encode
from plugwright_runtime.errors import DecodeError
from plugwright_runtime.fit.fitting import Misfit
from plugwright_runtime.message.nanotime import NanoDatetime, nano_datetime

Kind = StarValue.Kind
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX = 2**63 - 1


def times() -> st.SearchStrategy[datetime]:
    def at(nanos: int) -> datetime:
        micros, rest = divmod(nanos, 1000)
        base = EPOCH + timedelta(microseconds=micros)
        return nano_datetime(base, rest) if rest else base

    return st.integers(-MAX - 1, MAX).map(at)


texts = st.text(st.characters(exclude_categories=["Cs"]))
# Python takes 1, 1.0 and True for one key; here are those that Starlark has, too.
keys = st.recursive(
    st.none() | st.integers() | texts | st.binary() | times(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary() | times(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(keys, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.builds(Struct, texts, st.dictionaries(texts, inner, max_size=3))
        | st.builds(Thunk, texts, inner)
        | st.builds(Thunk, texts, st.none(), texts)
        | st.builds(FuncRef, texts, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=20,
)


def over_the_wire(value: Any) -> Any:
    return from_star(decode(StarValue, encode(to_star(value))))


def same(a: Any, b: Any) -> bool:
    """Equality that keeps types apart, and takes not-a-number for itself."""
    if type(a) is not type(b):
        return False
    match a:
        case float():
            return (a == b and math.copysign(1, a) == math.copysign(1, b)) or a != a != b
        case list() | tuple():
            return len(a) == len(b) and all(map(same, a, b))
        case dict():
            return same([*a.items()], [*b.items()])
        case Struct():
            return a.type_name == b.type_name and same(dict(a), dict(b))
        case Thunk():
            return (a.name, a.error) == (b.name, b.error) and same(a.value, b.value)
        case FuncRef():
            return a.function == b.function and same(a.args, b.args)
        case set():
            return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    return bool(a == b)


@given(values)
@settings(max_examples=300, deadline=None)
def test_every_value_comes_back(value: Any) -> None:
    assert same(over_the_wire(value), value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, Kind.None_(True)),
        (True, Kind.Bool(True)),
        (1, Kind.Int(1)),
        (MAX, Kind.Int(MAX)),
        (-MAX - 1, Kind.Int(-MAX - 1)),
        (MAX + 1, Kind.Bigint(BigInt(abs=b"\x80" + bytes(7)))),
        (-MAX - 2, Kind.Bigint(BigInt(negative=True, abs=b"\x80" + bytes(6) + b"\1"))),
        (2.0, Kind.Float(2.0)),
        ("ü", Kind.Str("ü")),
        (b"\xff", Kind.Bytes(b"\xff")),
        (bytearray(b"a"), Kind.Bytes(b"a")),
        (memoryview(b"a"), Kind.Bytes(b"a")),
        ([], Kind.List(ValueList())),
        ((), Kind.Tuple(ValueList())),
        (set(), Kind.Set(ValueList())),
        (frozenset(), Kind.Set(ValueList())),
        ({}.keys(), Kind.Set(ValueList())),
        ({}, Kind.Dict(StarDict())),
        (MappingProxyType({}), Kind.Dict(StarDict())),
        (enum.Enum("Colour", [("RED", "r")]).RED, Kind.Str("r")),  # type: ignore[attr-defined]
        (enum.IntEnum("Size", ["BIG"]).BIG, Kind.Int(1)),  # type: ignore[attr-defined]
        (Struct("t"), Kind.Struct(TypedStruct(type_name="t", fields=StarDict()))),
        (EPOCH, Kind.TimeUnixNanos(0)),
        (EPOCH - timedelta(microseconds=1), Kind.TimeUnixNanos(-1000)),
        (
            datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            Kind.TimeUnixNanos(0),
        ),
        (nano_datetime(EPOCH, 7), Kind.TimeUnixNanos(7)),
    ],
    ids=lambda v: type(v).__name__,
)
def test_each_type_has_its_kind(value: Any, kind: Any) -> None:
    assert to_star(value) == StarValue(kind=kind)


def test_a_dataclass_is_a_record_of_its_name() -> None:
    @dataclasses.dataclass
    class Bookmark:
        url: str
        tags: list[str]

    assert over_the_wire(Bookmark("u", ["a"])) == Struct("Bookmark", url="u", tags=["a"])


def test_the_order_of_a_dict_and_of_keys_is_kept() -> None:
    value = {"z": 1, "a": 2, (1, "x"): 3, None: 4}
    assert list(over_the_wire(value)) == list(value)
    sent = to_star(dict.fromkeys("zab").keys())
    assert sent == StarValue(kind=Kind.Set(ValueList(values=[to_star(c) for c in "zab"])))


def test_a_time_below_the_microsecond_is_exact() -> None:
    moment = from_star(StarValue(kind=Kind.TimeUnixNanos(-1)))
    assert isinstance(moment, NanoDatetime)
    assert (moment.microsecond, moment.nanosecond) == (999_999, 999)


def test_integers_of_other_forms() -> None:
    """Leading zeros, a negative zero, and a small number as a big one are numbers, too."""
    for digits, negative, number in (
        (b"\0\0\1", True, -1),
        (b"", True, 0),
        (b"\0", False, 0),
    ):
        kind = Kind.Bigint(BigInt(negative=negative, abs=digits))
        assert from_star(StarValue(kind=kind)) == number


LEVELS: dict[str, Callable[[Any], Any]] = {
    "list": lambda v: [v],
    "tuple": lambda v: (v,),
    "dict": lambda v: {"k": v},
    "record": lambda v: Struct("t", k=v),
    "thunk": lambda v: Thunk("t", v),
    "reference": lambda v: FuncRef("f", (v,)),
}


def nested(level: Callable[[Any], Any], depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = level(value)
    return value


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_a_hundred_levels_pass_in_a_request(level: Callable[[Any], Any]) -> None:
    """That is up to 400 messages in each other; protobuf parses 100."""
    value = nested(level, 100)
    request = CallRequest(
        module="m",
        args=[to_star(value), to_star("x")],
        kwargs=[Kwarg(value=to_star(value))],
    )
    back = decode(CallRequest, encode(request))
    assert from_star(back.args[0]) == value
    assert from_star(back.args[1]) == "x"
    assert from_star(back.kwargs[0].value) == value


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_one_level_more_is_refused(level: Callable[[Any], Any]) -> None:
    with pytest.raises(Misfit, match=r"^result.*….*: nested more than 100 levels"):
        to_star(nested(level, 101), "result")


def deep_message(depth: int) -> StarValue:
    value = StarValue(kind=Kind.Int(1))
    for _ in range(depth):
        value = StarValue(kind=Kind.List(ValueList(values=[value])))
    return value


def test_one_level_more_is_refused_when_it_arrives() -> None:
    message = decode(StarValue, encode(deep_message(101)))
    with pytest.raises(Misfit, match=r"^argument 1\[0\].*: nested more than 100 levels"):
        from_star(message, "argument 1")


def test_far_more_levels_are_no_message() -> None:
    data = encode(deep_message(300))
    with pytest.raises(DecodeError, match="nest more than 420 levels deep"):
        decode(StarValue, data)


def test_a_value_that_contains_itself_is_refused() -> None:
    cycle: list[Any] = []
    cycle.append({"again": cycle})
    with pytest.raises(Misfit, match="does it contain itself"):
        to_star(cycle)


UNKNOWN: list[tuple[Any, str]] = [
    (
        [0, 1, 2, {"x": Decimal(1)}],
        'result[3]["x"]: a Decimal cannot be sent to the app',
    ),
    ({Decimal(1): 1}, "result[Decimal] key: a Decimal cannot be sent to the app"),
    ({(1, 2j): 1}, "result[tuple] key[1]: a complex cannot be sent to the app"),
    (Struct("t", a=(object(),)), 'result["a"][0]: an object cannot be sent to the app'),
    (Thunk("t", [1j]), "result()[0]: a complex cannot be sent to the app"),
    (FuncRef("f", (1j,)), "result.args[0]: a complex cannot be sent to the app"),
    (["a\ud800"], "result[0]: the text is no Unicode: surrogates not allowed"),
    (datetime(2026, 1, 1), "result: a time without a time zone; give it one: "),
    (
        datetime(1600, 1, 1, tzinfo=UTC),
        "result: a time has to be in the years 1678 to 2261",
    ),
    (int, "result: a type cannot be sent to the app"),
    (len, "result: a function cannot be sent from here"),
    ([iter(())], "result[0]: a tuple_iterator cannot be sent to the app"),
    ((x for x in ()), "result: a generator or cursor cannot be sent from here"),
    (Cursor([]), "result: a generator or cursor cannot be sent from here"),
]


@pytest.mark.parametrize(("value", "text"), UNKNOWN, ids=[t for _, t in UNKNOWN])
def test_what_starlark_has_not_is_named(value: Any, text: str) -> None:
    with pytest.raises(Misfit) as caught:
        to_star(value, "result")
    assert str(caught.value).startswith(text)


def entry(key: Any) -> StarEntry:
    return StarEntry(key=key if isinstance(key, StarValue) else to_star(key))


REFUSED = [
    (StarValue(), "value: a value of no kind, or of one that this SDK does not know"),
    (
        StarValue(kind=Kind.Set(ValueList(values=[to_star(1), to_star(True)]))),
        "value[1]: Python takes it for the same as one before it",
    ),
    (
        StarValue(kind=Kind.Dict(StarDict(entries=[entry(1), entry(1.0)]))),
        "value[1.0] key: Python takes it for the same as one before it",
    ),
    (
        StarValue(kind=Kind.Dict(StarDict(entries=[entry([])]))),
        "value[list] key: a list cannot be a key in Python",
    ),
    (
        StarValue(kind=Kind.Struct(TypedStruct(fields=StarDict(entries=[entry(1)])))),
        "value: a field of a record is an int, not a str",
    ),
    (
        StarValue(kind=Kind.List(ValueList(values=[to_star(0), StarValue()]))),
        "value[1]: a value of no kind",
    ),
]


@pytest.mark.parametrize(("value", "text"), REFUSED, ids=[t for _, t in REFUSED])
def test_what_python_has_not_is_named(value: StarValue, text: str) -> None:
    with pytest.raises(Misfit) as caught:
        from_star(value)
    assert str(caught.value).startswith(text)


def test_a_cursor_cannot_be_an_argument() -> None:
    from openrun_plugin.models import Cursor as Handle

    with pytest.raises(Misfit, match="argument 1: there is no place for a cursor here"):
        from_star(StarValue(kind=Kind.Cursor(Handle(cursor_id="c"))), "argument 1")


def test_a_message_that_is_not_set_is_none() -> None:
    assert from_star(None) is None
    pair = StarValue(kind=Kind.Dict(StarDict(entries=[StarEntry(key=to_star("k"))])))
    assert from_star(pair) == {"k": None}
