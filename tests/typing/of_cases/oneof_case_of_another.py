"""A case of another oneof."""

from __future__ import annotations

from oneofs_sdk.models import Shape

shape = Shape()
shape.kind = Shape.OtherThing.Number(1)  # error
