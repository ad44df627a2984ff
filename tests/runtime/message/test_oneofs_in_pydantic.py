"""Does pydantic take models with oneofs? A case is itself, or `{"<field>": value}`."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pydantic
import pytest
from kit.generating.packages import Generated


@pytest.fixture(scope="module")
def models(generated: Generated) -> Any:
    return importlib.import_module(generated.packages["oneofs"]).models


def filled(models: Any) -> list[Any]:
    shape, kind = models.Shape, models.Shape.Kind
    circle = shape(name="c", kind=kind.Circle(shape.Circle(radius=2.0)))
    return [
        shape(),
        circle,
        shape(kind=kind.Side(0.0)),
        shape(kind=kind.Label("")),
        shape(kind=kind.Blank(models.Empty())),
        shape(kind=kind.Flag(False)),
        shape(kind=kind.Color(models.Color.RED)),
        shape(kind=kind.Raw(b"\x01")),
        shape(kind=kind.Inside(circle), other_thing=shape.OtherThing.Number(5)),
    ]


def test_models_go_through_as_they_are(models: Any) -> None:
    adapter: Any = pydantic.TypeAdapter(models.Shape)
    for shape in filled(models):
        assert adapter.validate_python(shape) == shape


def test_json_and_back(models: Any) -> None:
    adapter: Any = pydantic.TypeAdapter(models.Shape)
    for shape in filled(models):
        assert adapter.validate_json(adapter.dump_json(shape)) == shape
        assert adapter.validate_python(adapter.dump_python(shape)) == shape
    circle = json.loads(adapter.dump_json(filled(models)[1]))
    assert circle["kind"] == {"circle": {"radius": 2.0}}


@pytest.mark.parametrize(
    "kind",
    [
        {"side": "long"},
        {"nothing": 1},
        {"side": 1.0, "label": "two"},
        {"circle": {"radius": []}},
        5,
        {},
    ],
    ids=str,
)
def test_what_is_no_case(models: Any, kind: Any) -> None:
    adapter: Any = pydantic.TypeAdapter(models.Shape)
    for validate in (
        lambda: adapter.validate_python({"kind": kind}),
        lambda: adapter.validate_json(json.dumps({"kind": kind})),
    ):
        with pytest.raises(pydantic.ValidationError):
            validate()


def test_a_case_of_another_oneof(models: Any) -> None:
    adapter: Any = pydantic.TypeAdapter(models.Shape)
    with pytest.raises(pydantic.ValidationError):
        adapter.validate_python({"kind": models.Shape.OtherThing.Number(1)})


def test_no_warning_on_the_way(models: Any, recwarn: pytest.WarningsRecorder) -> None:
    adapter: Any = pydantic.TypeAdapter(models.Shape)
    for shape in filled(models):
        adapter.dump_json(shape)
        adapter.dump_python(shape)
    assert not recwarn.list
