"""What a case holds, taken for something else."""

from __future__ import annotations

from oneofs_sdk.models import Shape


def side(shape: Shape) -> str:
    match shape.kind:
        case Shape.Kind.Side(side):
            return side  # error
        case _:
            return ""
