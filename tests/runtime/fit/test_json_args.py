"""Does JSON of unknown origin become exactly the dataclass that was asked for, or a clear error?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.fit.fitting import Misfit, Unfit
from plugwright_runtime.fit.json_args import JSONArgs


@dataclass
class Point:
    x: float
    y: float = 0.5


@dataclass
class Args:
    name: str
    count: int = 1
    on: bool = False
    points: list[Point] = field(default_factory=list)
    by_name: dict[str, Point] = field(default_factory=dict)
    numbers: tuple[int, ...] = ()
    mode: Literal["fast", 1] = "fast"
    either: int | str | None = None
    maybe: Optional[Point] = None  # noqa: UP045
    inner: Args | None = None
    anything: Any = None


ARGS = JSONArgs(Args)


@dataclass
class Positive:
    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("value must not be negative")


@dataclass
class Several:
    of: list[Positive]


def test_every_kind_of_field() -> None:
    text = """{"name": "ü", "count": 2, "on": true, "points": [{"x": 1}], "mode": 1,
        "by_name": {"a": {"x": 1.5, "y": 2}}, "numbers": [1, 2], "either": "e",
        "maybe": null, "inner": {"name": ""}, "anything": [{"a": null}]}"""
    assert ARGS.parse(text) == Args(
        name="ü",
        count=2,
        on=True,
        points=[Point(1.0)],
        mode=1,
        by_name={"a": Point(1.5, 2.0)},
        numbers=(1, 2),
        either="e",
        inner=Args(""),
        anything=[{"a": None}],
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "args.name: missing"),
        ("{", "args: not valid JSON: Expecting property name"),
        ("[]", "args: expected Args, got list"),
        ("null", "args: expected Args, got None"),
        ('{"name": 1}', "args.name: expected str, got int"),
        ('{"name": "", "nam": 1}', "args: unknown key 'nam'; known are: name, count"),
        ('{"name": "", "count": "1"}', "args.count: expected int, got str"),
        ('{"name": "", "count": 1.0}', "args.count: expected int, got float"),
        ('{"name": "", "count": true}', "args.count: expected int, got bool"),
        (
            '{"name": "", "count": null}',
            "args.count: expected int, got None",
        ),
        ('{"name": "", "on": 1}', "args.on: expected bool, got int"),
        ('{"name": "", "points": [{"x": 1}, {}]}', "args.points[1].x: missing"),
        ('{"name": "", "points": {}}', "args.points: expected list[Point], got dict"),
        (
            '{"name": "", "by_name": {"k": 1}}',
            "args.by_name['k']: expected Point, got int",
        ),
        (
            '{"name": "", "mode": true}',
            "args.mode: expected one of 'fast', 1",
        ),
        (
            '{"name": "", "either": []}',
            "args.either: expected int | str | None, got list",
        ),
        ('{"name": "", "maybe": 1}', "args.maybe: expected Point, got int"),
        ('{"name": "\\ud800"}', "args.name: not valid Unicode"),
        ('{"name": "", "anything": [{"a": "\\ud800"}]}', "args.anything[0]['a']: not"),
        ('{"name": "", "anything": {"\\ud800": 1}}', "args.anything key: not valid"),
        ('{"name": "", "by_name": {"\\ud800": 1}}', "args.by_name key: not valid"),
        ('{"name": "", "anything": [-1e999]}', "args.anything[0]: the number is too"),
        ('{"name": "", "numbers": [1, "2"]}', "args.numbers[1]: expected int, got str"),
        (
            '{"name": "", "numbers": {}}',
            "args.numbers: expected tuple[int, ...], got d",
        ),
        ('{"name": "", "points": [{"x": NaN}]}', "NaN is no JSON"),
        (
            '{"name": "", "points": [{"x": 1e999}]}',
            "args.points[0].x: the number is too",
        ),
        (
            '{"name": "' + "x" * 999 + '", "on": "' + "y" * 999 + '"}',
            "args.on: expected",
        ),
        ("[" * 100_000, "args: nested too deep"),
        ('{"name": "", "inner": ' * 3000 + "null" + "}" * 3000, "args"),
        ('{"name": "", "count": ' + "1" * 5000 + "}", "args: not valid JSON: Exceeds"),
    ],
)
def test_what_does_not_fit(text: str, error: str) -> None:
    with pytest.raises(Misfit) as caught:
        ARGS.parse(text)
    assert str(caught.value).startswith(error) or error in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_class_may_refuse_by_itself() -> None:
    with pytest.raises(Misfit, match="args: value must not be negative"):
        JSONArgs(Positive).parse('{"value": -1}')
    with pytest.raises(Misfit, match=r"args\.of\[1\]: value must not be negative"):
        JSONArgs(Several).parse('{"of": [{"value": 1}, {"value": -1}]}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([f.name for f in dataclasses.fields(Args)]) | st.text(),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(Args)]), JSON))
def test_it_fits_or_it_says_why(value: dict[str, Any]) -> None:
    value.setdefault("name", "")
    try:
        made = ARGS.parse(json.dumps(value))
    except Misfit as error:
        complaint = str(error)
    else:
        complaint = "args"
        assert type(made.name) is str
        assert type(made.count) is int
        assert type(made.on) is bool
        assert all(type(p) is Point and type(p.x) is float for p in made.points)
        assert made.maybe is None or type(made.maybe) is Point
    assert complaint.startswith("args")


@dataclass
class Bad:
    value: set[int]


@dataclass
class HoldsBad:
    bad: Bad


class Blob(Enum):
    EMPTY = b""


@pytest.mark.parametrize(
    ("cls", "error"),
    [
        (Bad, "Bad.value: set[int] cannot be had from JSON"),
        (HoldsBad, "HoldsBad.bad: Bad.value: set[int] cannot be had from JSON"),
        (int, "<class 'int'> is no dataclass"),
    ],
)
def test_a_class_that_json_cannot_make(cls: type[Any], error: str) -> None:
    with pytest.raises(Unfit) as caught:
        JSONArgs(cls)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (bytes, "bytes"),
        (datetime, "datetime"),
        (Decimal, "Decimal"),
        (frozenset[str], "frozenset[str]"),
        (set, "set"),
        (list[bytes] | None, "bytes"),
        (dict[int, str], "a dict with keys of int"),
        (Literal[b"", "a"], "Literal[b'', 'a']"),
        (Blob, "Blob"),
    ],
    ids=str,
)
def test_an_annotation_that_json_has_nothing_for(annotation: Any, name: str) -> None:
    made = dataclasses.make_dataclass("Made", [("field", annotation)])
    with pytest.raises(Unfit) as caught:
        JSONArgs(made)
    assert str(caught.value) == f"Made.field: {name} cannot be had from JSON"


class Color(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (tuple[int, str], '[1, "a"]', (1, "a")),
        (tuple[tuple[int, ...], ...], "[[1], []]", ((1,), ())),
        (Sequence[int], "[1]", [1]),
        (dict, '{"a": [1]}', {"a": [1]}),
        (dict[Literal["a"], int], '{"a": 1}', {"a": 1}),
        (Color, '"red"', Color.RED),
    ],
    ids=str,
)
def test_what_else_json_can_give(annotation: Any, text: str, expected: Any) -> None:
    made = dataclasses.make_dataclass("Made", [("field", annotation)])
    assert JSONArgs(made).parse(f'{{"field": {text}}}') == made(expected)
