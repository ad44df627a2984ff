"""How does generated code refer to a module without loading it? With a stand-in for the module."""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable, Mapping
from typing import Any


class _LazyModule(types.ModuleType):
    """Imports `target` at the first attribute; keeps each attribute it has been asked for."""

    def __init__(self, package: str, target: str) -> None:
        super().__init__(target)
        self.__dict__["__target__"] = (package, target)

    def __getattr__(self, name: str) -> Any:
        package, target = self.__dict__["__target__"]
        value = getattr(importlib.import_module(target, package), name)
        self.__dict__[name] = value
        return value


def lazy_module(package: str | None, target: str) -> types.ModuleType:
    """A stand-in for the module `target` (relative names: as seen from `package`)."""
    return _LazyModule(package or "", target)


def lazy_names(
    namespace: dict[str, Any], names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package whose `names` live in submodules (PEP 562).

    `namespace`: the package's globals(); `names`: public name -> module, relative to the package;
    `.module:other` is another name there, `.module:` the module itself. Each is bound once found.
    """
    package: str = namespace["__name__"]

    def __getattr__(name: str) -> Any:
        target = names.get(name)
        if target is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        path, _, attribute = target.partition(":")
        module = importlib.import_module(path, package)
        value = getattr(module, attribute or name) if not target.endswith(":") else module
        namespace[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*namespace, *names})

    return __getattr__, __dir__
