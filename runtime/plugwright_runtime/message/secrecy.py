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

if TYPE_CHECKING:
    from .known_types import Types

# How json_format begins its text, for most of the messages on the way.
_FIELD = re.compile(r"Failed to parse (\S+) field: ")
_KEY = re.compile(r"\[(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\]]*)\]")


def without_secrets(package: Types, error: Exception) -> str:
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


def hidden_path(package: Types, path: str) -> str | None:
    """A path without the keys of maps, if it leads through a secret field; else None."""
    bare = _KEY.sub("", path)
    shown = _secret_names(package).isdisjoint(bare.split(".")[1:])
    return None if shown else bare


@functools.lru_cache(maxsize=64)
def _secret_names(package: Types) -> frozenset[str]:
    """The names of all secret fields, in protos and in JSON; loads all models."""
    found = [package]
    for each in found:
        found += [other for other in each.others() if other not in found]
    return frozenset(name for each in found for name in _names(each))


def _names(package: Types) -> Iterator[str]:
    for full_name in package.messages():
        codec = package.codec(full_name)
        secrets = codec.model.__secrets__
        if not secrets:
            continue
        for attribute, members in codec.fields().items():
            if attribute in secrets:
                yield from (name for f in members for name in (f.name, f.json_name))
