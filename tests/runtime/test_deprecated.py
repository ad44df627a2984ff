"""Who is warned of what is deprecated, and where? Whoever uses it by his own hand, at that line.

Nothing that only passes by warns: imports, bytes and JSON that come in, copies, comparisons.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import importlib
import inspect
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
from kit.generating.packages import Generated, modules
from plugwright_runtime import codec
from plugwright_runtime.errors import UnavailableError

pytestmark = pytest.mark.filterwarnings("error::DeprecationWarning")


@pytest.fixture(scope="module")
def sdk(generated: Generated) -> Any:
    return importlib.import_module(generated.packages["deprecated"])


@contextlib.contextmanager
def warned(*texts: str) -> Iterator[None]:
    """The block warns of exactly this, and each warning names a line of this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert [str(w.message) for w in caught] == list(texts)
    for warning in caught:
        assert warning.category is DeprecationWarning
        assert warning.filename == __file__
        line = Path(__file__).read_text("utf-8").splitlines()[warning.lineno - 1]
        assert "# here" in line


NAME = "cases.deprecated"


def test_building_a_deprecated_message(sdk: Any) -> None:
    with warned(f"{NAME}.Parchment is deprecated"):
        sdk.models.Parchment(text="a")  # here
    with warned():
        sdk.models.Paper()
        sdk.models.Paper(text="a", around=None)


def test_a_class_of_ones_own(sdk: Any) -> None:
    class Mine(sdk.models.Parchment):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(text="mine")  # here

    with warned(f"{NAME}.Parchment is deprecated"):
        Mine()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ink", "red"),
        ("folded", True),
        ("folded", False),  # has presence: it is set
        ("marks", ["x"]),
        ("grades", {"a": 1}),
        ("grade", 1),
    ],
)
def test_setting_a_deprecated_field(sdk: Any, field: str, value: Any) -> None:
    with warned(f"{NAME}.Paper.{field} is deprecated"):
        made = sdk.models.Paper(text="a", **{field: value})  # here
    assert getattr(made, field) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [("ink", ""), ("folded", None), ("marks", []), ("grades", {}), ("grade", 0)],
)
def test_its_default_is_no_use(sdk: Any, field: str, value: Any) -> None:
    with warned():
        sdk.models.Paper(**{field: value})


def test_setting_a_deprecated_case(sdk: Any) -> None:
    with warned(f"{NAME}.Paper.seal is deprecated"):
        seal = sdk.models.Paper.Back.Seal("wax")  # here
    with warned():
        paper = sdk.models.Paper(back=seal)
        sdk.models.Paper.Back.Note("n")
        match paper.back:
            case sdk.models.Paper.Back.Seal(text):
                assert text == "wax"
            case _:
                pytest.fail("another case")


def test_naming_a_deprecated_value(sdk: Any) -> None:
    grade = sdk.models.Grade
    with warned("Grade.BEST is deprecated"):
        best = grade.BEST  # here
    with warned("Grade.BEST is deprecated"):
        assert getattr(grade, "BEST") is best  # noqa: B009  # here
    with warned("OldKind.UNSPECIFIED is deprecated", "OldKind.GONE is deprecated"):
        assert sdk.models.OldKind.UNSPECIFIED == 0  # here
        assert sdk.models.OldKind.GONE == 1  # here
    with warned():
        assert grade.GOOD == 1
        assert grade(2) is best
        assert [g.name for g in grade] == ["NONE", "GOOD", "BEST", "FIRST"]
        assert grade.__members__["BEST"] is best
        assert best.name == "BEST"
        assert grade(99).name == "UNKNOWN_99"
        assert pickle.loads(pickle.dumps(best)) is copy.deepcopy(best) is best
        assert repr(best) == "<Grade.BEST: 2>"
        inspect.getmembers(grade)


def test_calling_a_deprecated_rpc(sdk: Any) -> None:
    with (
        sdk.clients.PressClient(_nowhere()) as client,
        warned(f"{NAME}.Press.Stamp is deprecated", f"{NAME}.Press.Watch is deprecated"),
    ):
        with pytest.raises(UnavailableError):
            client.stamp(sdk.models.Paper(), timeout=1)  # here
        stream = client.watch(sdk.models.Paper(), timeout=1)  # here
        with pytest.raises(UnavailableError):
            next(stream)


def test_awaiting_a_deprecated_rpc(sdk: Any) -> None:
    async def scenario() -> None:
        async with sdk.clients.AsyncPressClient(_nowhere()) as client:
            stamp = client.stamp(sdk.models.Paper(), timeout=1)  # here
            with pytest.raises(UnavailableError):
                await asyncio.create_task(stamp)
            stream = client.watch(sdk.models.Paper(), timeout=1)  # here
            with pytest.raises(UnavailableError):
                await anext(stream)

    names = (f"{NAME}.Press.{rpc} is deprecated" for rpc in ("Stamp", "Watch"))
    with warned(*names):
        asyncio.run(scenario())


def test_a_deprecated_parameter(sdk: Any) -> None:
    async def scenario() -> None:
        async with sdk.clients.AsyncPressClient(_nowhere()) as client:
            with pytest.raises(UnavailableError):
                await client.print(copies=2, timeout=1)  # here
            with pytest.raises(UnavailableError):
                await client.print(timeout=1)

    with sdk.clients.PressClient(_nowhere()) as client, pytest.raises(UnavailableError):
        client.print(paper=sdk.models.Paper(), timeout=1)
    with warned(f"{NAME}.PrintRequest.copies is deprecated"):
        asyncio.run(scenario())


def test_a_client_of_a_deprecated_service(sdk: Any) -> None:
    with warned(*[f"{NAME}.OldService is deprecated"] * 2):
        sdk.clients.OldServiceClient("x").close()  # here
        sdk.clients.AsyncOldServiceClient("x")  # here
    with warned():
        sdk.clients.PressClient("x").close()


def test_what_passes_by(sdk: Any) -> None:
    paper = full(sdk)
    with warned():
        data = codec.encode(paper)
        for again in (
            codec.decode(type(paper), data),
            codec.from_json(type(paper), codec.to_json(paper)),
            copy.copy(paper),
            copy.deepcopy(paper),
            pickle.loads(pickle.dumps(paper)),
            dataclasses.replace(paper),
        ):
            assert again == paper
            assert repr(again) == repr(paper)
        assert dataclasses.asdict(paper)["ink"] == "red"
        assert dataclasses.replace(paper, text="b").wrapped == paper.wrapped
        assert paper.ink + paper.wrapped.text == "redold"
        adapter: Any = pydantic.TypeAdapter(type(paper))
        assert adapter.validate_json(adapter.dump_json(paper)) == paper


def test_dataclass_tools_see_no_difference(sdk: Any) -> None:
    cls = sdk.models.Paper
    names = ["text", "ink", "folded", "marks", "grades", "grade", "wrapped", "around"]
    assert [f.name for f in dataclasses.fields(cls)] == [*names, "back"]
    assert list(inspect.signature(cls).parameters) == [*names, "back", "__unknown__"]
    assert sdk.models.Parchment.__deprecated__ == f"{NAME}.Parchment is deprecated"
    assert cls() == dataclasses.replace(cls())


def test_no_module_warns_when_imported(generated: Generated) -> None:
    names = modules(generated.root / generated.packages["deprecated"])
    program = f"import importlib\nfor m in {names}: importlib.import_module(m)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=generated.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_not_deprecated_is_not_wrapped(sdk: Any) -> None:
    assert not hasattr(sdk.models.PrintResponse.__init__, "__wrapped__")
    assert type(sdk.models.Grade) is not type(sdk.models.Paper)
    assert not hasattr(sdk.clients.PressClient.print, "__wrapped__")
    assert not hasattr(sdk.clients.PressClient.__init__, "__wrapped__")


def full(sdk: Any) -> Any:
    """A `Paper` with every deprecated thing in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sdk.models.Paper(
            text="a",
            ink="red",
            folded=True,
            marks=["x"],
            grades={"g": sdk.models.Grade.BEST},
            grade=sdk.models.Grade.BEST,
            wrapped=sdk.models.Parchment(text="old"),
            around=sdk.models.Parchment(),
            back=sdk.models.Paper.Back.Seal("wax"),
        )


def _nowhere() -> str:
    return "unix:///nowhere/at/all"
