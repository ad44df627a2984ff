"""Can each message and enum become a class of its own? Files in; a problem for each that cannot.

A clash that casing or escapes cause names both culprits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...problems import Problem
from ...protos.schema import Enum, File, Message
from ...python import names
from ..naming import MAX_NESTING


def problems(files: Iterable[File]) -> Iterator[Problem]:
    """The problems of the files whose types are classes, here or in another package."""
    for file in files:
        yield from _scope(file)


def _scope(outer: File | Message) -> Iterator[Problem]:
    """The problems of what is declared directly in a file or message, and of all inside."""
    classes: dict[str, Enum | Message] = {}
    declarations: list[Enum | Message] = [*outer.enums, *outer.messages]
    for declared in declarations:
        if len(declared.path) > MAX_NESTING and isinstance(declared, Message):
            text = (
                f"{declared.name} is nested {len(declared.path)} levels deep, and Python allows "
                f"{MAX_NESTING}; declare the inner messages at the top of the file"
            )
            yield Problem(declared.where, text)
            continue
        python = names.type_name(declared.path[-1])
        if python in classes:
            both = f"{declared.full_name} and {classes[python].full_name}"
            text = f"{both} both become class {python}; rename one"
            yield Problem(declared.where, text)
        classes[python] = declared
    for message in outer.messages:
        if len(message.path) <= MAX_NESTING:
            yield from _scope(message)
