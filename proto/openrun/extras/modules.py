"""What is a module of a provider? A class whose functions apps call.

    class Store(Module):
        settings: StoreSettings                  # a dataclass: checked before anything runs

        @function(is_read=True)
        def count(self, table: str, *, limit: int = 100) -> int: ...

Apps load it as `store.ex` and call `store.count("notes", limit=5)`. Arguments are checked against
the annotations. There is one instance per account; `compile_module` makes of the class what the
provider needs to know, and refuses what cannot work.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar, overload

from openrun_plugin.models import FunctionManifest, ModuleManifest, StarValue, ThreadState
from plugwright_runtime.errors import PlugwrightError
from plugwright_runtime.fit.annotations import hints_of, signature_of
from plugwright_runtime.fit.fitting import Fit, Misfit, Unfit, fit_of
from plugwright_runtime.fit.parameters import Parameters

from .sessions import CALLBACK, Session
from .values import FuncRef, Struct, Thunk, to_star

F = TypeVar("F", bound=Callable[..., Any])

# What values may be, beside plain data.
LEAVES = (Struct, Thunk, FuncRef, datetime)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXPORT = "__openrun_function__"


class ModuleError(PlugwrightError, TypeError):
    """A module or provider class cannot work; raised when the class of the provider is defined."""


@dataclass(frozen=True, slots=True)
class App:
    """The app that the provider works for.

    `path`: where it is installed on the server. `is_dev`: it runs in development mode. `schema`:
    its `schema.star` as it is, empty if it has none.
    """

    id: str
    path: str
    is_dev: bool
    schema: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What a function may know of the call it serves, beside its arguments.

    A function that wants it has a parameter annotated with `Call`, which apps do not see.
    """

    function: str
    user: ThreadState
    session: Session


@dataclass(frozen=True, slots=True)
class _Export:
    name: str
    is_read: bool


@overload
def function(method: F, /) -> F: ...
@overload
def function(*, name: str = "", is_read: bool = False) -> Callable[[F], F]: ...


def function(
    method: F | None = None, /, *, name: str = "", is_read: bool = False
) -> F | Callable[[F], F]:
    """Let apps call a method of a `Module`; it may be a coroutine or a generator.

    `is_read`: it changes nothing, so it is allowed on staging and preview versions too. `name`: by
    default that of the method. One that begins with `_` is only called through a `FuncRef`.
    """

    def mark(method: F) -> F:
        setattr(method, _EXPORT, _Export(name or method.__name__, is_read))
        return method

    return mark if method is None else mark(method)


class Module:
    """The base of modules. `class Store(Module, name="store")`; by default the class's own name,
    in lower case.

    `constants`: values that apps can use by name. The instance has `app`, `account` ("" is the
    default one), `settings` and `logger` before its `__init__` runs. Settings are a dict; a class
    that annotates `settings` with a dataclass gets one of these.
    """

    constants: ClassVar[Mapping[str, Any]] = {}
    module_name: ClassVar[str] = ""

    app: App
    account: str
    settings: Any
    logger: logging.Logger

    def __init_subclass__(cls, *, name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.module_name = name or cls.__name__.lower()

    def on_init(self) -> Awaitable[None] | None:
        """Called before the first call; what it raises is told to the app. May be a coroutine."""
        return None

    def on_stop(self) -> Awaitable[None] | None:
        """Called when the process ends, after the last session, and when the start of the module
        has failed, also within `__init__`. May be a coroutine.
        """
        return None


@dataclass(frozen=True, slots=True)
class Function:
    """A function that apps can call: the method of that name, and its parameters."""

    name: str
    method: str
    is_read: bool
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class CompiledModule:
    """What a provider knows of a module class. `fit_settings`: a dict to what `settings` holds."""

    cls: type[Module]
    functions: Mapping[str, Function]
    fit_settings: Fit
    manifest: ModuleManifest


def compile_module(cls: type[Module]) -> CompiledModule:
    """What `cls` offers; raises ModuleError."""
    name = cls.module_name
    if not _NAME.fullmatch(name):
        raise ModuleError(f"{cls.__qualname__}: {name!r} cannot name a module")
    functions: dict[str, Function] = {}
    for attribute in _exported(cls):
        found = _function(cls, attribute)
        if found.name in functions:
            raise ModuleError(f"{cls.__qualname__} has two functions {found.name!r}")
        functions[found.name] = found
    return CompiledModule(cls, functions, _settings(cls), _manifest(cls, functions.values()))


def _exported(cls: type) -> list[str]:
    """The attributes that are exported, in the order of their definition, bases first."""
    names = dict.fromkeys(n for base in reversed(cls.__mro__) for n in vars(base))
    members = {n: inspect.getattr_static(cls, n) for n in names}
    return [n for n, m in members.items() if hasattr(getattr(m, "__func__", m), _EXPORT)]


def _function(cls: type[Module], attribute: str) -> Function:
    method = inspect.getattr_static(cls, attribute)
    place = f"{cls.__qualname__}.{attribute}"
    if not inspect.isfunction(method):
        raise ModuleError(f"{place} is no plain method: put @function on top of it")
    export: _Export = getattr(method, _EXPORT)
    if not _NAME.fullmatch(export.name) or export.name == CALLBACK:
        raise ModuleError(f"{place}: {export.name!r} cannot name a function")
    if export.name in cls.constants:
        raise ModuleError(f"{place}: there is a constant {export.name!r}, too")
    try:
        signature_of(method).bind_partial("self")
    except TypeError:
        raise ModuleError(f"{place}() takes no self, with which it is called") from None
    try:
        parameters = Parameters(method, LEAVES, (Call,))
    except Unfit as error:
        raise ModuleError(f"{place}: {error}") from None
    return Function(export.name, attribute, export.is_read, parameters)


def _settings(cls: type[Module]) -> Fit:
    try:
        hint = hints_of(cls).get("settings", Any)
        return fit_of(dict[str, Any] if hint is Any else hint, LEAVES)
    except Unfit as error:
        raise ModuleError(f"{cls.__qualname__}.settings: {error}") from None


def _manifest(cls: type[Module], functions: Any) -> ModuleManifest:
    constants: dict[str, StarValue] = {}
    for name, value in cls.constants.items():
        if not _NAME.fullmatch(name):
            raise ModuleError(f"{cls.__qualname__}: {name!r} cannot name a constant")
        try:
            constants[name] = to_star(value, name)
        except Misfit as error:
            raise ModuleError(f"{cls.__qualname__}.constants: {error}") from None
    listed = [
        FunctionManifest(name=f.name, is_read=f.is_read)
        for f in functions
        if not f.name.startswith("_")
    ]
    return ModuleManifest(name=cls.module_name, functions=listed, constants=constants)


def referred(instance: Module, value: Callable[[], Any]) -> FuncRef | None:
    """What an app calls `value` by, if it is a function of `instance` that is exported.

    A `functools.partial` of one, with positional arguments, stands for these.
    """
    args, target = _parts(value)
    if getattr(target, "__self__", None) is not instance:
        return None
    export = getattr(target, _EXPORT, None)
    return FuncRef(export.name, args) if isinstance(export, _Export) else None


def _parts(value: Callable[[], Any]) -> tuple[tuple[Any, ...], Any]:
    target: Any = value
    if not isinstance(target, functools.partial) or target.keywords:
        return (), value
    return target.args, target.func
