"""A case with a value of another type."""

from __future__ import annotations

from oneofs_sdk.models import Shape

shape = Shape(kind=Shape.Kind.Side("two"))  # error
