"""Which parts of an error would show what is in a secret field?

`Model.__secrets__` names the attributes. protobuf's own texts, and paths through its messages, name
fields as protos and JSON do, and not all on the way: so a field is taken for a secret one if it has
the name of any that the package has. That hides too much at times, and nothing too little.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .descriptors import by_attribute

if TYPE_CHECKING:
    from .package import Package

# How json_format begins its text, for most of the messages on the way.
_FIELD = re.compile(r"Failed to parse (\S+) field: ")
_KEY = re.compile(r"\[(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\]]*)\]")


def without_secrets(package: Package, error: Exception) -> str:
    """What is said of a text that is no message, less what is in a secret field."""
    from .protojson import Misshapen, Twice

    text = str(error)
    if isinstance(error, Twice):
        if not _secret_names(package).isdisjoint(error.names[:-1]):
            return "[hidden] is there twice in one object"
    elif isinstance(error, Misshapen):
        if (path := hidden_path(package, error.path)) is not None:
            return f"{path}{text[len(error.path) :]}"
    else:
        for match in _FIELD.finditer(text):
            if match[1] in _secret_names(package):
                return f"{text[: match.end()]}[hidden]"
    return text


def hidden_path(package: Package, path: str) -> str | None:
    """A path without the keys of maps, if it leads through a secret field; else None."""
    bare = _KEY.sub("", path)
    shown = _secret_names(package).isdisjoint(bare.split(".")[1:])
    return None if shown else bare


@functools.lru_cache(maxsize=64)
def _secret_names(package: Package) -> frozenset[str]:
    """The names of all secret fields, in protos and in JSON; loads all models."""
    names = frozenset(_names(package))
    for other in set(package.reused.values()):
        from .package import package_of

        names |= _secret_names(package_of(other))
    return names


def _names(package: Package) -> Iterator[str]:
    for full_name in package.messages():
        model = package.codec(full_name).model
        if not model.__secrets__:
            continue
        fields = by_attribute(package.codec(full_name).message.DESCRIPTOR)
        for attribute, members in zip(model.__field_names__, fields, strict=True):
            if attribute in model.__secrets__:
                yield from (name for f in members for name in (f.name, f.json_name))
