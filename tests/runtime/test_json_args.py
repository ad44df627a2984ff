"""Does JSON of unknown origin become exactly the dataclass that was asked for, or a clear error?"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.json_args import JSONArgsError, checker, parse


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


@dataclass
class Positive:
    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("value must not be negative")


def test_every_kind_of_field() -> None:
    text = """{"name": "ü", "count": 2, "on": true, "points": [{"x": 1}], "mode": 1,
        "by_name": {"a": {"x": 1.5, "y": 2}}, "numbers": [1, 2], "either": "e",
        "maybe": null, "inner": {"name": ""}, "anything": [{"a": null}]}"""
    assert parse(Args, text) == Args(
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
        ("[]", "args: expected an object, got an array"),
        ("null", "args: expected an object, got null"),
        ('{"name": 1}', "args.name: expected a text, got 1"),
        ('{"name": "", "nam": 1}', "args: unknown field 'nam'; known are: name, count"),
        ('{"name": "", "count": "1"}', 'args.count: expected a whole number, got "1"'),
        ('{"name": "", "count": 1.0}', "args.count: expected a whole number, got 1.0"),
        ('{"name": "", "count": true}', "args.count: expected a whole number"),
        (
            '{"name": "", "count": null}',
            "args.count: expected a whole number, got null",
        ),
        ('{"name": "", "on": 1}', "args.on: expected true or false, got 1"),
        ('{"name": "", "points": [{"x": 1}, {}]}', "args.points[1].x: missing"),
        ('{"name": "", "points": {}}', "args.points: expected an array, got an object"),
        ('{"name": "", "by_name": {"k": 1}}', "args.by_name.k: expected an object"),
        (
            '{"name": "", "mode": true}',
            'args.mode: expected one of "fast", 1, got true',
        ),
        ('{"name": "", "either": []}', "args.either: expected int | str | None"),
        ('{"name": "", "maybe": 1}', "args.maybe: expected an object, got 1"),
        ('{"name": "\\ud800"}', "args.name: not valid Unicode"),
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
    with pytest.raises(JSONArgsError) as caught:
        parse(Args, text)
    assert str(caught.value).startswith(error) or error in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_class_may_refuse_by_itself() -> None:
    with pytest.raises(JSONArgsError, match="args: value must not be negative"):
        parse(Positive, '{"value": -1}')


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


@given(
    st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(Args)]), JSON)
)
def test_it_fits_or_it_says_why(value: dict[str, Any]) -> None:
    value.setdefault("name", "")
    try:
        made = parse(Args, json.dumps(value))
    except JSONArgsError as error:
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


@pytest.mark.parametrize(
    ("cls", "error"),
    [
        (Bad, "Bad.value: set[int] cannot be had from JSON"),
        (HoldsBad, "Bad.value: set[int] cannot be had from JSON"),
        (int, "<class 'int'> is no dataclass"),
    ],
)
def test_a_class_that_json_cannot_make(cls: type[Any], error: str) -> None:
    for _ in range(2):  # nothing half-done is kept
        with pytest.raises(TypeError) as caught:
            checker(cls)
        assert error in str(caught.value)
