"""Do the tools that know dataclasses take models for such, oneofs and unknown fields included?"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import io
import json
import pickle
import pprint
import pydoc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cattrs
import dacite
import msgspec
import pydantic
import pytest
from plugwright_runtime import codec

UNKNOWN = b"\xa0\x3f\x01"


@pytest.fixture
def leaf(every: Any) -> Any:
    """A model with something unknown."""
    return codec.decode(every.Leaf, codec.encode(every.Leaf(id=1, name="a")) + UNKNOWN)


def test_help_and_inspect(every: Any) -> None:
    for cls in (
        every.Leaf,
        every.Every,
        every.Every.One.OneFloat,
        every.Leaf.__mro__[1],
    ):
        assert cls.__name__ in pydoc.plain(pydoc.render_doc(cls))
        output = io.StringIO()
        pydoc.Helper(output=output).help(cls)
        assert cls.__name__ in output.getvalue()
        assert {a.name for a in inspect.classify_class_attrs(cls)} > {"__init__"}
        assert "__doc__" in dict(inspect.getmembers(cls))
        assert inspect.getmembers_static(cls)
    assert inspect.getmembers(every.Leaf())


def test_nothing_has_been_asked_before(every_folder: Path) -> None:
    """The first question to a class is answered like any later one."""
    script = """
import dataclasses, inspect, pydantic, pydoc, sys
from every_kind import models
if sys.argv[1] == "pydantic":
    made = pydantic.dataclasses.dataclass(models.Leaf)
    assert issubclass(made, models.Leaf) and made is not models.Leaf
    assert [f.name for f in dataclasses.fields(made(id="5"))] == ["id", "name", "leaves"]
    assert made(id="5").id == 5
elif sys.argv[1] == "decorator":
    @dataclasses.dataclass
    class Mine(models.Leaf):
        more: int = 0
    assert Mine(id=1, more=2) == Mine(id=1, more=2) != Mine(id=1)
elif sys.argv[1] == "members":
    inspect.getmembers(models.Leaf)
    inspect.classify_class_attrs(models.Leaf)
else:
    pydoc.render_doc(models.Leaf)
    assert dataclasses.asdict(models.Every.One.OneLeaf(models.Leaf())) == {
        "one_leaf": {"id": 0, "name": "", "leaves": []}
    }
assert "__unknown__" not in models.Leaf.__dataclass_fields__
"""
    for tool in ("pydantic", "decorator", "members", "help"):
        command = [sys.executable, "-c", script, tool]
        done = subprocess.run(
            command, cwd=every_folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (tool, done.stderr)


def test_pprint_lays_models_out(every: Any) -> None:
    text = pprint.pformat(every.Leaf(name="x" * 60, leaves=[every.Leaf(id=5)]))
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "Leaf(id=0,"
    assert "leaves=[Leaf(id=5, name='', leaves=[])])" in lines
    assert pprint.pformat(every.Every.One.OneFloat(1.5)) == "Every.One.OneFloat(1.5)"


def test_unknown_fields_are_no_fields(every: Any, leaf: Any) -> None:
    names = ["id", "name", "leaves"]
    for found in (every.Leaf, every.Leaf(), leaf):
        assert [f.name for f in dataclasses.fields(found)] == names
    assert list(every.Leaf.__dataclass_fields__) == names
    assert list(every.Leaf().__dataclass_fields__) == names
    adapter = pydantic.TypeAdapter(every.Leaf)
    assert list(adapter.json_schema()["$defs"]["Leaf"]["properties"]) == names
    shown: list[Any] = [
        dataclasses.asdict(leaf),
        adapter.dump_python(leaf),
        msgspec.to_builtins(leaf),
        json.loads(msgspec.json.encode(leaf)),
        cattrs.unstructure(leaf),
    ]
    assert shown == [{"id": 1, "name": "a", "leaves": []}] * 5


COPIERS: dict[str, Callable[[Any], Any]] = {
    "replace": dataclasses.replace,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("name", COPIERS)
def test_copies_carry_what_is_unknown(leaf: Any, name: str) -> None:
    assert codec.encode(COPIERS[name](leaf)) == codec.encode(leaf)
    assert codec.encode(leaf).endswith(UNKNOWN)


READERS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "pydantic": lambda cls, data: pydantic.TypeAdapter(cls).validate_python(data),
    "msgspec": lambda cls, data: msgspec.convert(data, cls),
    "msgspec json": lambda cls, data: msgspec.json.decode(json.dumps(data), type=cls),
    "cattrs": lambda cls, data: cattrs.structure(data, cls),
    "dacite": lambda cls, data: dacite.from_dict(cls, data),
}


@pytest.mark.parametrize("name", READERS)
def test_models_are_made_of_plain_data(every: Any, name: str) -> None:
    data = {"id": 1, "leaves": [{"name": "b"}, {}]}
    made = READERS[name](every.Leaf, data)
    assert made == every.Leaf(id=1, leaves=[every.Leaf(name="b"), every.Leaf()])
    assert type(made) is every.Leaf
    assert codec.decode(every.Leaf, codec.encode(made)) == made


def test_oneofs_in_json(every: Any) -> None:
    one = every.Every.One
    for case, expected in (
        (
            one.OneLeaf(every.Leaf(id=5)),
            {"one_leaf": {"id": 5, "name": "", "leaves": []}},
        ),
        (one.OneInt32(0), {"one_int32": 0}),
        (one.OneColor(every.Color.RED), {"one_color": 1}),
    ):
        whole = dataclasses.asdict(every.Every(one=case))
        assert json.loads(json.dumps(whole["one"])) == expected
        assert cattrs.unstructure(every.Every(one=case))["one"] == expected
        assert msgspec.to_builtins(every.Every(one=case))["one"] == expected
        assert copy.deepcopy(case) == case
        with pytest.raises(AttributeError, match="no_such_field"):
            case.no_such_field  # noqa: B018


# ------------------------------------------------------------------ classes of a program's own


def test_a_decorated_class_that_extends_a_model(every: Any, leaf: Any) -> None:
    @dataclasses.dataclass(kw_only=True)
    class Mine(every.Leaf):  # type: ignore[misc]
        seen: list[str] = dataclasses.field(default_factory=list)

    @dataclasses.dataclass(kw_only=True, slots=True)
    class Slotted(every.Leaf):  # type: ignore[misc]
        seen: list[str] = dataclasses.field(default_factory=list)

    @pydantic.dataclasses.dataclass(kw_only=True)
    class Checked(every.Leaf):  # type: ignore[misc]
        seen: list[str] = dataclasses.field(default_factory=list)

    for cls in (Mine, Slotted, Checked):
        assert [f.name for f in dataclasses.fields(cls)] == [
            "id",
            "name",
            "leaves",
            "seen",
        ]
        made: Any = cls(id=1, name="a", seen=["x"])
        assert dataclasses.asdict(made)["seen"] == ["x"]
        assert dataclasses.replace(made, id=2).id == 2
        assert codec.encode(made) == codec.encode(every.Leaf(id=1, name="a"))
        read: Any = codec.decode(cls, codec.encode(leaf))
        assert type(read) is cls
        assert (read.id, read.name, read.seen) == (1, "a", [])
        assert codec.encode(read) == codec.encode(leaf)


def test_a_subclass_comes_back_as_such(every: Any, leaf: Any) -> None:
    class Named(every.Leaf):  # type: ignore[misc]
        """With an attribute of its own, and a constructor that sets it."""

        def __init__(self, **values: Any) -> None:
            super().__init__(**values)
            self.nick = self.name.upper()

    read: Any = codec.decode(Named, codec.encode(leaf))
    assert type(read) is Named
    assert read.nick == "A"
    assert codec.encode(read) == codec.encode(leaf)
    assert type(codec.from_json(Named, codec.to_json(read))) is Named
    assert codec.decode(every.Leaf, codec.encode(read)).__class__ is every.Leaf
