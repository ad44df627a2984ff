"""What does `help` of an SDK say? What a package exports in, its docstring out."""

from __future__ import annotations

from collections.abc import Iterable

from ..python import runtime
from ..settings import extras

_MODULES = "Modules"
_VALUES = "Values of fields"
_OWN = "Of this SDK alone"
_CLIENTS = "To call the host"
# In this order; where names are tells what they are for.
_PURPOSES = {
    f".{extras.NAME}": _OWN,
    ".plugin": "To write a plugin",
    ".hooks": "To write a plugin",
    runtime.ServicePlugin.module: "To write a plugin",
    runtime.ServerContext.module: "To write a plugin",
    runtime.Reject.module: "What a hook may answer",
    runtime.HTTP[0].module: "To answer web requests",
    ".clients": _CLIENTS,
    _MODULES: _MODULES,
    "._package": "To find types by name",
    "": _VALUES,
    runtime.STATUS_ERRORS[0].module: "What is raised",
}


def overview(title: str, package: str, exports: Iterable[tuple[str, str]]) -> str:
    """What is in `package`, by purpose; `exports`: (name, module, "" if it is one) of each.

    >>> print(overview("Posts", "posts", [("hook", ".hooks"), ("models", "")]))
    Posts.
    <BLANKLINE>
    Each name has a help of its own, as in `help(posts.hook)`.
    <BLANKLINE>
    - To write a plugin: hook
    - Modules: models
    """
    found: dict[str, list[str]] = {purpose: [] for purpose in _PURPOSES.values()}
    for name, module in exports:
        found[_purpose(module)].append(name)
    rows = [(purpose, names) for purpose, names in found.items() if names]
    first = rows[0][1][0]
    hint = f"Each name has a help of its own, as in `help({package}.{first})`."
    lines = (f"- {purpose}: {', '.join(names)}" for purpose, names in rows)
    return "\n".join([f"{title}.", "", hint, "", *lines])


def _purpose(module: str) -> str:
    if not module:
        return _MODULES
    if module.startswith(".clients."):
        return _CLIENTS
    if module.startswith(f".{extras.NAME}."):
        return _OWN
    return _PURPOSES.get(module, _VALUES)
