"""Does no hand-written module hide a generated one? A problem for each that does."""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem
from .. import reused
from ..context import Context
from ..naming import generated_files

_ALWAYS = ("__init__", "_convert", "_descriptors", "_package", "clients", "models", "servicers")


def problems(context: Context) -> Iterator[Problem]:
    """The problems of `sdk.extras`."""
    settings = context.settings
    taken = modules(context) if settings.extras else ()
    for extra in settings.extras:
        if extra.name in taken:
            text = f"the SDK has a module {extra.name} of its own; rename {extra.path}"
            yield Problem(settings.where("sdk.extras"), text)


def modules(context: Context) -> frozenset[str]:
    """What lies in the root of the package."""
    schema, settings = context.schema, context.settings
    found = {*_ALWAYS}
    if settings.launch.style:
        found.add("_launch")
    if reused.find(generated_files(schema), schema).converted:
        found.add("_reused")
    if context.hooks:
        found |= {"hooks", "plugin"}
    if context.hooks and context.api:
        found.add("testing")
    if context.served:
        found.add("plugin")
    return frozenset(found)
