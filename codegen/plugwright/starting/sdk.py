"""What does a new plugin need to know of its SDK? A name in, a `Sdk` out.

The SDK may be one of the three that are made here, by the name of its system, or any that is
installed, by the name it is imported by.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NamedTuple

from ..problems import Location, fail
from ..python.names import method

# System -> its template, package and distribution.
SYSTEMS = {
    "mattermost": ("mattermost", "mattermost_plugin", "mattermost-plugin-sdk"),
    "clapshot": ("clapshot", "clapshot_organizer", "clapshot-organizer-sdk"),
    "openrun": ("openrun", "openrun_plugin", "openrun-plugin-sdk"),
}
_RELEASE = re.compile(r"(\d+)\.(\d+)")
_PLAIN = {"None", "bool", "int", "float", "str", "bytes"}


class Sdk(NamedTuple):
    """`template`: the project to begin with. `requirement`: for pip. `module`: the program's.
    `replaced`: what only this template has.
    """

    template: str
    requirement: str
    module: str
    replaced: dict[str, str]


def find(name: str) -> Sdk:
    """The SDK that an author names."""
    for template, package, distribution in SYSTEMS.values():
        if name in (template, package):
            module = {"clapshot": "organizer", "openrun": "provider"}.get(template, "plugin")
            return Sdk(template, _requirement(distribution), module, {})
    if not name.isidentifier() or find_spec(name) is None:
        known = ", ".join(SYSTEMS)
        text = f"no SDK of that name; known are {known}, and what is installed here, by its package"
        raise fail(Location(name), text)
    distributions = metadata.packages_distributions().get(name, [name.replace("_", "-")])
    return Sdk("hooks", _requirement(distributions[0]), "plugin", _hook(name))


def _requirement(distribution: str) -> str:
    """With the minor version that is installed, which an author should stay at."""
    try:
        release = _RELEASE.match(metadata.version(distribution))
    except metadata.PackageNotFoundError:
        return distribution
    if release is None:
        return distribution
    major, minor = release.groups()
    return f"{distribution}>={major}.{minor},<{major}.{int(minor) + 1}"


def _hook(package: str) -> dict[str, str]:
    """A handler for the first hook of an SDK, or for one that may answer with None."""
    try:
        hooks: Any = importlib.import_module(f"{package}.hooks")
        root = importlib.import_module(package)
        models = importlib.import_module(f"{package}.models")
        specs = [spec for spec in hooks.HOOKS.specs.values() if spec.family != "http"]
        spec = next((s for s in specs if "None" in s.answers), specs[0])
    except (ImportError, AttributeError, IndexError):
        text = "is no SDK whose plugins have hooks; its README shows how a plugin begins"
        raise fail(Location(package), text) from None
    written = _Handler(package, root, models)
    types = map(written.type, spec.types)
    parameters = [f"{name}: {kind}" for name, kind in zip(spec.arguments, types, strict=False)]
    answer = " | ".join(map(written.type, spec.answers)) or "None"
    given = ", ".join(["self", *parameters])
    return {
        "def fresh_handler(self) -> None:": f"def {method(spec.name)}({given}) -> {answer}:",
        "return None": "return None" if "None" in spec.answers else "raise NotImplementedError",
        "FreshHook": spec.name,
        "from fresh_sdk import HookName, Plugin, hook, run_plugin": "\n".join(written.imports()),
        "fresh_sdk": package,
    }


class _Handler:
    """How types are spelled, and what has to be imported for them."""

    def __init__(self, package: str, root: ModuleType, models: ModuleType) -> None:
        self._package = package
        self._root = root
        self._models = models
        self._used = {"HookName", "Plugin", "hook", "run_plugin"}
        self._any = False

    def type(self, name: str) -> str:
        if name in _PLAIN:
            return name
        if hasattr(self._models, name):
            self._used.add("models")
            return f"models.{name}"
        if hasattr(self._root, name):
            self._used.add(name)
            return name
        self._any = True
        return "Any"

    def imports(self) -> Iterator[str]:
        if self._any:
            yield "from typing import Any\n"
        order = sorted(self._used, key=lambda n: (not n[0].isupper(), n))
        yield f"from {self._package} import {', '.join(order)}"
