"""A oneof is a closed union: a `match` over all its cases and None is known to be complete.

No ignore, no cast; the functions run, too.
"""

from __future__ import annotations

from typing import assert_never

from oneofs_sdk.models import (
    Result,
    ResultResult,
    SetShapeResponse,
    Shape,
    ShapeKind,
)


def area(shape: Shape) -> float:
    match shape.kind:
        case Shape.Kind.Circle(circle):
            return 3 * circle.radius**2
        case Shape.Kind.Side(value=side):
            return side * side
        case Shape.Kind.Label() | Shape.Kind.Blank() | Shape.Kind.Raw():
            return 0.0
        case Shape.Kind.Flag(flag):
            return float(flag)
        case Shape.Kind.Color(color):
            return float(color.value)
        case Shape.Kind.Inside(inner):
            return area(inner)
        case None:
            return -1.0
        case _:
            assert_never(shape.kind)


def complete_without_a_last_case(result: Result) -> str:
    match result.result:
        case Result.Result.Ok(ok):
            return ok
        case Result.Result.Error(error):
            return error.upper()
        case None:
            return ""


def only_what_is_set(result: ResultResult) -> str:
    match result:
        case Result.Result.Ok(text) | Result.Result.Error(text):
            return text
        case _:
            assert_never(result)


def by_isinstance(kind: ShapeKind | None) -> str:
    if kind is None:
        return "nothing"
    if isinstance(kind, Shape.Kind.Label):
        return kind.value.upper()
    return type(kind).__name__


def of_one_member(shape: Shape) -> int:
    match shape.other_thing:
        case Shape.OtherThing.Number(number):
            return number
        case None:
            return 0


def into_the_member(response: SetShapeResponse) -> str:
    match response.answer:
        case SetShapeResponse.Answer.Shape(Shape(kind=Shape.Kind.Side(side), name=n)):
            return f"{n}: {side}"
        case SetShapeResponse.Answer.Shape(shape):
            return shape.name
        case SetShapeResponse.Answer.Refusal(reason):
            return reason
        case None:
            return ""


def try_out() -> None:
    square = Shape(name="s", kind=Shape.Kind.Side(2.0))
    assert area(square) == 4.0
    assert area(Shape(kind=Shape.Kind.Inside(square))) == 4.0
    assert area(Shape(kind=Shape.Kind.Circle(Shape.Circle(radius=1.0)))) == 3.0
    assert area(Shape()) == -1.0
    assert complete_without_a_last_case(Result(result=Result.Result.Error("e"))) == "E"
    assert complete_without_a_last_case(Result()) == ""
    assert only_what_is_set(Result.Result.Ok("ok")) == "ok"
    assert by_isinstance(Shape.Kind.Label("a")) == "A"
    assert by_isinstance(None) == "nothing"
    assert of_one_member(Shape(other_thing=Shape.OtherThing.Number(5))) == 5
    answer = SetShapeResponse.Answer.Shape(square)
    assert into_the_member(SetShapeResponse(answer=answer)) == "s: 2.0"
    assert into_the_member(SetShapeResponse()) == ""
