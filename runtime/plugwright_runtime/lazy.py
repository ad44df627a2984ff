"""How does generated code refer to a module without loading it? With a stand-in for the module."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
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
    namespace: dict[str, Any],
    names: Mapping[str, str],
    shared: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package whose `names` live in submodules (PEP 562).

    `namespace`: the package's globals(); `names`: module, relative to the package -> the names that
    it has, one behind the other. Of `name=other`, `other` is what the module calls it; "." has
    modules. Each is bound once found. `shared`: names that several modules have -> those modules.
    """
    package: str = namespace["__name__"]

    @functools.cache
    def places() -> Mapping[str, tuple[str, str]]:
        return dict(_places(names))

    def __getattr__(name: str) -> Any:
        if name in shared:  # an AttributeError would lose its text
            modules = [f"{package}{module}" for module in shared[name].split()]
            text = f"{name} is in {' and in '.join(modules)}: import it from one of them"
            raise ImportError(text, name=package)
        if name not in places():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, original = places()[name]
        if module == ".":
            value: Any = importlib.import_module(f".{original}", package)
        else:
            value = getattr(importlib.import_module(module, package), original)
        namespace[name] = value
        return value

    def __dir__() -> list[str]:
        if "__path__" in namespace and _is_for_help():
            return sorted(n for n in namespace if n not in places() and not n.startswith("__"))
        return sorted({*namespace, *places()})

    return __getattr__, __dir__


def _places(names: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each name, with its module and what it is called there."""
    for module, words in names.items():
        for word in words.split():
            name, _, original = word.partition("=")
            yield name, (module, original or name)


def _is_for_help() -> bool:
    """Whether pydoc asks for names, to print all that is behind them: of an SDK 8,000 lines. What
    there is the package's docstring says, and its contents; each name has a help of its own."""
    frame: types.FrameType | None = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    for _ in range(3):  # those of `inspect` are between
        if frame is None or frame.f_code.co_name == "docmodule":
            break
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "docmodule"
