"""Does a plain value fit an annotation?

For data that comes from outside as Python values (JSON, another language's values) and goes into
typed functions and dataclasses. In: an annotation. Out: a `Fit`, a function that returns the value
as annotated (a dict becomes the dataclass, a text the enum member), or raises `Misfit` that names
the place: `order.lines[2].count: expected int, got str`. Values are never in the text: they may be
secrets.

Nothing is guessed: `"1"` is no int, `True` is no int, and a list is no tuple. An int fits `float`.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    Set,
)
from datetime import datetime
from typing import Any, Literal, NoReturn, TypeAlias, Union, get_args, get_origin

from .errors import PlugwrightError
from .nanotime import NanoDatetime, nano_datetime

Fit: TypeAlias = Callable[[Any, str], Any]


class Misfit(PlugwrightError, TypeError):
    """A value does not fit: `path` is where, `problem` what is wrong with it."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}" if path else problem)

    def __reduce__(self) -> Any:
        return type(self), (self.path, self.problem)


class Unfit(PlugwrightError, TypeError):
    """An annotation that no value can be checked against."""


def fit_of(annotation: Any, leaves: tuple[type, ...] = ()) -> Fit:
    """The check for a resolved annotation; raises `Unfit` if there is none.

    `leaves`: further classes whose instances values may be, beside None, bool, int, float, str,
    bytes and datetime.
    """
    return _Fits(leaves).of(annotation)


_SCALARS = (bool, str, bytes, datetime)
_LISTS: Mapping[Any, Any] = {list: list, Sequence: (list, tuple), MutableSequence: list}
_ANY_ORDER: Mapping[Any, Any] = {
    Iterable: (list, tuple, set),
    Collection: (list, tuple, set),
}
_SETS: Mapping[Any, Any] = {set: set, frozenset: frozenset, Set: set}
_MAPPINGS = (dict, Mapping, MutableMapping)


def _expected(path: str, expected: str, value: object) -> NoReturn:
    got = "None" if value is None else type(value).__name__
    raise Misfit(path, f"expected {expected}, got {got}")


def _name(annotation: Any) -> str:
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    text = str(annotation).replace("typing.", "").replace("collections.abc.", "")
    return text.replace("NoneType", "None")


class _Fits:
    """Makes the checks of annotations; dataclasses that contain themselves are made once."""

    def __init__(self, leaves: tuple[type, ...]) -> None:
        self._leaves = leaves
        self._records: dict[Any, Fit] = {}

    def of(self, annotation: Any) -> Fit:
        if annotation is Any or annotation is object:
            return lambda value, path: value
        if isinstance(annotation, typing.NewType):
            return self.of(annotation.__supertype__)
        origin = get_origin(annotation)
        if origin is typing.Annotated:
            return self.of(get_args(annotation)[0])
        if origin is Literal:
            return _literal(get_args(annotation))
        if origin is Union or origin is types.UnionType:
            return self._union(annotation)
        found = self._container(origin or annotation, annotation)
        return found or self._class(annotation)

    def _class(self, cls: Any) -> Fit:
        if cls is None or cls is type(None):
            return _instance(type(None), "None")
        if cls is int:
            return _integer
        if cls is float:
            return _float
        if cls is NanoDatetime:
            return _nano_datetime
        if typing.is_typeddict(cls):
            return self._record(cls, self._typed_dict)
        if not isinstance(cls, type):
            raise Unfit(f"no value can be checked against the annotation {_name(cls)}")
        if issubclass(cls, enum.Enum):
            return _enum(cls)
        if dataclasses.is_dataclass(cls):
            return self._record(cls, self._dataclass)
        if cls in _SCALARS or cls in self._leaves:
            return _instance(cls, cls.__name__)
        raise Unfit(f"no value can be checked against the annotation {_name(cls)}")

    def _union(self, annotation: Any) -> Fit:
        # An int is meant to be an int where it may be a float, too.
        members = sorted(get_args(annotation), key=lambda member: member is float)
        real = [m for m in members if m is not type(None)]
        fits = [self.of(member) for member in real]
        optional = len(real) < len(members)
        if len(real) == 1:
            only = fits[0]
            return lambda value, path: None if value is None else only(value, path)

        def fit(value: Any, path: str) -> Any:
            if value is None and optional:
                return None
            for each in fits:
                try:
                    return each(value, path)
                except Misfit:
                    continue
            _expected(path, " | ".join(map(_name, get_args(annotation))), value)

        return fit

    def _container(self, origin: Any, annotation: Any) -> Fit | None:
        args = get_args(annotation)
        if origin is tuple:
            return self._tuple(args, annotation)
        if origin in _MAPPINGS:
            return self._mapping(*(args or (Any, Any)))
        for kinds, make in ((_LISTS, list), (_SETS, None), (_ANY_ORDER, list)):
            accepted: Any = kinds.get(origin) if isinstance(origin, type) else None
            if accepted is not None:
                item = self.of(args[0] if args else Any)
                return _elements(item, accepted, make or accepted, _name(annotation))
        return None

    def _tuple(self, args: tuple[Any, ...], annotation: Any) -> Fit:
        if annotation is tuple or args[-1:] == (Ellipsis,):
            item = self.of(args[0] if args else Any)
            return _elements(item, tuple, tuple, _name(annotation))
        fits = [self.of(arg) for arg in args]

        def fit(value: Any, path: str) -> Any:
            if not isinstance(value, tuple):
                _expected(path, _name(annotation), value)
            if len(value) != len(fits):
                problem = f"expected {len(fits)} items, got {len(value)}"
                raise Misfit(path, problem)
            return tuple(
                f(item, f"{path}[{i}]")
                for i, (f, item) in enumerate(zip(fits, value, strict=True))
            )

        return fit

    def _mapping(self, key: Any, value: Any) -> Fit:
        key_fit, value_fit = self.of(key), self.of(value)

        def fit(values: Any, path: str) -> Any:
            if not isinstance(values, dict):
                _expected(path, "dict", values)
            return {
                key_fit(k, f"{path} key"): value_fit(v, f"{path}[{_shown(k)}]")
                for k, v in values.items()
            }

        return fit

    def _record(self, cls: Any, make: Callable[[Any], Fit]) -> Fit:
        """The check for `cls`, which may contain itself."""
        if cls not in self._records:
            self._records[cls] = lambda value, path: self._records[cls](value, path)
            self._records[cls] = make(cls)
        return self._records[cls]

    def _dataclass(self, cls: Any) -> Fit:
        hints = hints_of(cls)
        fields = {f.name: f for f in dataclasses.fields(cls) if f.init}
        fits = {name: self.of(hints[name]) for name in fields}
        required = {
            name
            for name, f in fields.items()
            if f.default is f.default_factory is dataclasses.MISSING
        }
        make: Callable[..., Any] = cls

        def fit(value: Any, path: str) -> Any:
            if type(value) is cls:
                return value
            return make(**_members(value, path, fits, required, cls.__name__))

        return fit

    def _typed_dict(self, cls: Any) -> Fit:
        hints = hints_of(cls)
        fits = {name: self.of(_unwrapped(hint)) for name, hint in hints.items()}
        # The class itself does not see through annotations that are texts.
        required = {
            name
            for name, hint in hints.items()
            if get_origin(hint) is typing.Required
            or (name in cls.__required_keys__ and hint is _unwrapped(hint))
        }
        return lambda value, path: _members(value, path, fits, required, cls.__name__)


def hints_of(owner: Any) -> dict[str, Any]:
    """The resolved annotations of a class or function, `Annotated` kept; raises `Unfit`."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except Exception as error:
        name = getattr(owner, "__qualname__", repr(owner))
        raise Unfit(f"the annotations of {name} cannot be resolved: {error}") from None


def _unwrapped(hint: Any) -> Any:
    wrapped = get_origin(hint) in (typing.Required, typing.NotRequired)
    return get_args(hint)[0] if wrapped else hint


def _members(
    value: Any, path: str, fits: Mapping[str, Fit], required: Set[str], name: str
) -> dict[str, Any]:
    """The items of a mapping as keyword arguments."""
    if not isinstance(value, Mapping):
        _expected(path, name, value)
    items: Mapping[Any, Any] = value
    dot = f"{path}." if path else ""
    for key in items:
        if key not in fits:
            known = ", ".join(fits) or "none"
            raise Misfit(path, f"unknown key {_shown(key)}; known are: {known}")
    for key in fits:
        if key in required and key not in items:
            raise Misfit(f"{dot}{key}", "missing")
    return {key: fits[key](item, f"{dot}{key}") for key, item in items.items()}


def _shown(key: object) -> str:
    return f"{key!r}"[:80] if isinstance(key, str | int) else type(key).__name__


def _instance(cls: type, name: str) -> Fit:
    def fit(value: Any, path: str) -> Any:
        return value if isinstance(value, cls) else _expected(path, name, value)

    return fit


def _integer(value: Any, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    _expected(path, "int", value)


def _float(value: Any, path: str) -> float:
    if isinstance(value, float):
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        _expected(path, "float", value)
    try:
        return float(value)
    except OverflowError:
        raise Misfit(path, "the int is too large for a float") from None


def _nano_datetime(value: Any, path: str) -> NanoDatetime:
    if isinstance(value, NanoDatetime):
        return value
    if not isinstance(value, datetime):
        _expected(path, "NanoDatetime", value)
    return nano_datetime(value, 0)


def _literal(values: tuple[Any, ...]) -> Fit:
    known = {(type(v), v): v for v in values}

    def fit(value: Any, path: str) -> Any:
        if value.__hash__ is None or (type(value), value) not in known:
            shown = ", ".join(map(repr, values))
            raise Misfit(path, f"expected one of {shown}")
        return known[type(value), value]

    return fit


def _enum(cls: type[enum.Enum]) -> Fit:
    known = {(type(m.value), m.value): m for m in cls}
    shown = ", ".join(repr(m.value) for m in cls)

    def fit(value: Any, path: str) -> Any:
        if isinstance(value, cls):
            return value
        if value.__hash__ is None or (type(value), value) not in known:
            raise Misfit(path, f"expected one of {shown}")
        return known[type(value), value]

    return fit


def _elements(item: Fit, accepted: Any, make: Any, name: str) -> Fit:
    check = (set, frozenset) if accepted in (set, frozenset) else accepted

    def fit(value: Any, path: str) -> Any:
        if not isinstance(value, check):
            _expected(path, name, value)
        return make([item(each, f"{path}[{i}]") for i, each in enumerate(value)])

    return fit
