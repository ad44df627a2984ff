"""What is written by hand."""

from __future__ import annotations

from ..models import Thing


def shout(thing: Thing) -> str:
    """The name of a thing, loud. Braces such as {{ these }} stay."""
    return thing.name.upper()
