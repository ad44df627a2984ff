"""Which values fit which annotations?

What a caller of functions sees is in `tests/systems/openrun`.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import (
    Any,
    Generic,
    Literal,
    NamedTuple,
    Optional,
    TypedDict,
    TypeVar,
    Union,
)

import pytest
from plugwright_runtime.fit.fitting import Misfit, Unfit, fit_of
from plugwright_runtime.fit.parameters import Parameters
from plugwright_runtime.message.nanotime import NanoDatetime

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Tree:
    name: str
    children: list[Tree] = field(default_factory=list)
    made: int = field(default=0, init=False)


@dataclass
class Bad:
    value: list[Decimal]


class Total(TypedDict, total=False):
    a: int


class Pair(NamedTuple):
    a: int


class Box(Generic[T]):
    pass


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Any, NOW, NOW),
        (object, 1, 1),
        (None, None, None),
        (Optional[int], None, None),  # noqa: UP045
        (Union[str, int], 1, 1),  # noqa: UP007
        (float | int, 1, 1),
        (float | None, 1, 1.0),
        (list, [1, "a"], [1, "a"]),
        (dict, {1: 2}, {1: 2}),
        (tuple, (1, "a"), (1, "a")),
        (tuple[int, ...], (1, 2), (1, 2)),
        (tuple[()], (), ()),
        (Iterable[int], (1, 2), [1, 2]),
        (Collection[str], {"a"}, ["a"]),
        (frozenset[int], {1}, frozenset({1})),
        (Set[int], {1}, {1}),
        (Mapping[str, float], {"a": 1}, {"a": 1.0}),
        (NanoDatetime, NOW, NanoDatetime(2026, 1, 1, tzinfo=UTC)),
        (Literal[1, "a"], "a", "a"),
        (Tree, {"name": "x", "children": [{"name": "y"}]}, Tree("x", [Tree("y")])),
        (Tree, Tree("kept"), Tree("kept")),
        (Total, {}, {}),
    ],
    ids=str,
)
def test_what_fits(annotation: Any, value: Any, expected: Any) -> None:
    got = fit_of(annotation)(value, "x")
    assert (got, type(got)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (int, True, "x: expected int, got bool"),
        (float, "1", "x: expected float, got str"),
        (float, 10**400, "x: the int is too large for a float"),
        (None, 0, "x: expected None, got int"),
        (int | None, "a", "x: expected int, got str"),
        (int | str | None, 1.0, "x: expected int | str | None, got float"),
        (list[list[int]], [[0], [1, "2"]], "x[1][1]: expected int, got str"),
        (tuple[()], (1,), "x: expected 0 items, got 1"),
        (list[Tree], 1, "x: expected list[Tree], got int"),
        (
            dict[str, Tree] | Literal["a.b"],
            1,
            "x: expected dict[str, Tree] | Literal['a.b'], got",
        ),
        (Literal[True], 1, "x: expected one of True"),
        (
            Tree,
            {"name": "a", "children": [{"nam": 1}]},
            "x.children[0]: unknown key 'nam'",
        ),
        (
            Tree,
            {"name": "a", "made": 1},
            "x: unknown key 'made'; known are: name, children",
        ),
        (Tree, {}, "x.name: missing"),
        (Total, {"b": 1}, "x: unknown key 'b'; known are: a"),
        (datetime, date(2026, 1, 1), "x: expected datetime, got date"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(annotation: Any, value: Any, text: str) -> None:
    with pytest.raises(Misfit) as caught:
        fit_of(annotation)(value, "x")
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    "annotation",
    [
        Decimal,
        Path,
        Callable[[], int],
        T,
        Box[int],
        Box,
        type[int],
        list[Decimal],
        Pair,
        "int",
        5,
    ],
    ids=str,
)
def test_what_nothing_can_be_checked_against(annotation: Any) -> None:
    with pytest.raises(Unfit, match="no value can be checked against the annotation"):
        fit_of(annotation)


def test_a_field_that_nothing_can_be_checked_against_is_named() -> None:
    with pytest.raises(Unfit, match=r"^Bad\.value: no value .* annotation Decimal$"):
        fit_of(dict[str, Bad])


def test_leaves_are_further_classes() -> None:
    fit = fit_of(list[Path], (Path,))
    assert fit([Path("a")], "x") == [Path("a")]
    with pytest.raises(Misfit, match=r"x\[0\]: expected Path, got str"):
        fit(["a"], "x")


def test_a_misfit_travels() -> None:
    error = Misfit("a.b", "missing")
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (other.path, other.problem, str(other)) == (
            "a.b",
            "missing",
            "a.b: missing",
        )


def test_parameters_that_the_caller_supplies() -> None:
    def plain(a: int, b: str = "b", *rest: int, tree: Tree, **more: float) -> None: ...

    parameters = Parameters(plain, given=(Tree,), bound=False)
    tree = Tree("t")
    bound = parameters.bind([1], {"x": 1}, {Tree: tree})
    assert bound == ([1], {"tree": tree, "x": 1.0})
    assert parameters.bind([1, "c", 2], {}, {Tree: tree}) == (
        [1, "c", 2],
        {"tree": tree},
    )
    with pytest.raises(Misfit, match="missing a required argument: 'a'"):
        parameters.bind([], {}, {Tree: tree})

    def middle(a: int = 1, call: Tree = tree, b: int = 2) -> Any:
        return a, call, b

    parameters = Parameters(middle, given=(Tree,), bound=False)
    for args, kwargs in (([], {}), ([5], {"b": 6}), ([5, 6], {})):
        positional, named = parameters.bind(args, kwargs, {Tree: tree})
        a, call, b = middle(*positional, **named)
        assert call is tree
        assert (a, b) == ((args or [1])[0], kwargs.get("b", (*args, 2, 2)[1]))
