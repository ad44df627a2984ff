"""As loud as can be."""

from __future__ import annotations

from ...models import Thing
from ..loud import shout


def roar(thing: Thing) -> str:
    """The name of a thing, and more."""
    return f"{shout(thing)}!"
