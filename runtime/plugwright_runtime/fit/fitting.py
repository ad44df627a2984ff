"""Does a plain value fit an annotation?

For data that comes from outside as Python values (JSON, another language's values) and goes into
typed functions and dataclasses. In: an annotation. Out: a `Fit`, a function that returns the value
as annotated (a dict becomes the dataclass, a text the enum member), or raises `Misfit` that names
the place: `order.lines[2].count: expected int, got str`. Values are never in the text: they may be
secrets.

Nothing is guessed: `"1"` is no int, `True` is no int, and a list is no tuple. An int fits `float`.
The keys of a mapping that its class lists in `__extra__` need not be known.
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
from typing import Any, Literal, Union, get_args, get_origin

from ..exceptions import PlugwrightError
from ..message.nanotime import NanoDatetime
from .annotations import Unresolved, hints_of
from .leaves import (
    Fit,
    Misfit,
    anything,
    choice,
    converted,
    floating,
    instance,
    integer,
    name_of,
    nano,
    shown,
    wrong,
)

__all__ = ["Fit", "Fits", "Misfit", "Unfit", "fit_of"]


class Unfit(PlugwrightError, TypeError):
    """An annotation that no value can be checked against."""


def fit_of(annotation: Any, leaves: tuple[type, ...] = ()) -> Fit:
    """The check for a resolved annotation; raises `Unfit` if there is none.

    `leaves`: further classes whose instances values may be, beside None, bool, int, float, str,
    bytes and datetime.
    """
    return Fits({**_LEAVES, **{cls: instance(cls) for cls in leaves}}).of(annotation)


_LEAVES: Mapping[Any, Fit] = {
    **{cls: instance(cls) for cls in (type(None), bool, str, bytes, datetime)},
    int: integer,
    float: floating,
    NanoDatetime: nano,
    object: anything,
}
_LISTS: Mapping[Any, Any] = {list: list, Sequence: (list, tuple), MutableSequence: list}
_ANY_ORDER: Mapping[Any, Any] = {
    Iterable: (list, tuple, set),
    Collection: (list, tuple, set),
}
_SETS: Mapping[Any, Any] = {set: set, frozenset: frozenset, Set: set}
_MAPPINGS = (dict, Mapping, MutableMapping)


class Fits:
    """Makes the checks of annotations; dataclasses that contain themselves are made once.

    `leaves`: the checks of single values by class, that of `Any` under `object`. `tuples`: what
    becomes a tuple.
    """

    def __init__(self, leaves: Mapping[Any, Fit], tuples: type = tuple) -> None:
        self._leaves = leaves
        self._tuples = tuples
        self._records: dict[Any, Fit] = {}

    def of(self, annotation: Any) -> Fit:
        """The check for a resolved annotation."""
        if annotation is Any or isinstance(annotation, Unresolved):
            return self._leaves[object]
        if annotation is None:
            return self._leaves[type(None)]
        if isinstance(annotation, typing.NewType):
            return self.of(annotation.__supertype__)
        origin = get_origin(annotation)
        if origin is typing.Annotated:
            return self.of(get_args(annotation)[0])
        if origin is Literal:
            values = get_args(annotation)
            return self.choice(annotation, {(type(v), v): v for v in values})
        if origin is Union or origin is types.UnionType:
            return self._union(annotation)
        found = self.container(origin or annotation, annotation)
        return found or self._class(annotation)

    def unfit(self, annotation: Any) -> Unfit:
        """The error for an annotation that nothing can be checked against."""
        name = name_of(annotation)
        return Unfit(f"no value can be checked against the annotation {name}")

    def choice(self, annotation: Any, known: Mapping[tuple[type, Any], Any]) -> Fit:
        """The check for a `Literal`, or for the values of an enum."""
        return choice(known)

    def _class(self, cls: Any) -> Fit:
        if not isinstance(cls, type):
            raise self.unfit(cls)
        if typing.is_typeddict(cls):
            return self._record(cls, self._typed_dict)
        if issubclass(cls, enum.Enum):
            known = {(type(m.value), m.value): m for m in cls}
            return converted(cls, self.choice(cls, known))
        if dataclasses.is_dataclass(cls):
            return self._record(cls, self._dataclass)
        if cls in self._leaves:
            return self._leaves[cls]
        raise self.unfit(cls)

    def make(self, cls: Any, members: dict[str, Any], path: str) -> Any:
        """An instance of a dataclass from what fits its fields."""
        return cls(**members)

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
            raise wrong(path, " | ".join(map(name_of, get_args(annotation))), value)

        return fit

    def container(self, origin: Any, annotation: Any) -> Fit | None:
        """The check for what has items, None for what has none."""
        args = get_args(annotation)
        if origin is tuple:
            return self._tuple(args, annotation)
        if origin in _MAPPINGS:
            return self.mapping(*(args or (Any, Any)))
        for kinds, make in ((_LISTS, list), (_SETS, None), (_ANY_ORDER, list)):
            accepted: Any = kinds.get(origin) if isinstance(origin, type) else None
            if accepted is not None:
                item = self.of(args[0] if args else Any)
                return _elements(item, accepted, make or accepted, name_of(annotation))
        return None

    def _tuple(self, args: tuple[Any, ...], annotation: Any) -> Fit:
        if annotation is tuple or args[-1:] == (Ellipsis,):
            item = self.of(args[0] if args else Any)
            return _elements(item, self._tuples, tuple, name_of(annotation))
        fits = [self.of(arg) for arg in args]
        accepted: Any = self._tuples

        def fit(value: Any, path: str) -> Any:
            if not isinstance(value, accepted):
                raise wrong(path, name_of(annotation), value)
            if len(value) != len(fits):
                problem = f"expected {len(fits)} items, got {len(value)}"
                raise Misfit(path, problem)
            return tuple(
                f(item, f"{path}[{i}]") for i, (f, item) in enumerate(zip(fits, value, strict=True))
            )

        return fit

    def mapping(self, key: Any, value: Any) -> Fit:
        """The check for a dict."""
        key_fit, value_fit = self.of(key), self.of(value)

        def fit(values: Any, path: str) -> Any:
            if not isinstance(values, dict):
                raise wrong(path, "dict", values)
            return {
                key_fit(k, f"{path} key"): value_fit(v, f"{path}[{shown(k)}]")
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
        fits = {name: self._member(cls, name, hints[name]) for name in fields}
        required = {
            name
            for name, f in fields.items()
            if f.default is f.default_factory is dataclasses.MISSING
        }

        def fit(value: Any, path: str) -> Any:
            if type(value) is cls:
                return value
            members = _members(value, path, fits, required, cls.__name__)
            return self.make(cls, members, path)

        return fit

    def _member(self, cls: type, name: str, hint: Any) -> Fit:
        try:
            return self.of(hint)
        except Unfit as error:
            raise Unfit(f"{cls.__name__}.{name}: {error}") from None

    def _typed_dict(self, cls: Any) -> Fit:
        hints = hints_of(cls)
        fits = {name: self._member(cls, name, _unwrapped(hint)) for name, hint in hints.items()}
        # The class itself does not see through annotations that are texts.
        required = {
            name
            for name, hint in hints.items()
            if get_origin(hint) is typing.Required
            or (name in cls.__required_keys__ and hint is _unwrapped(hint))
        }
        return lambda value, path: _members(value, path, fits, required, cls.__name__)


def _unwrapped(hint: Any) -> Any:
    wrapped = get_origin(hint) in (typing.Required, typing.NotRequired)
    return get_args(hint)[0] if wrapped else hint


def _members(
    value: Any, path: str, fits: Mapping[str, Fit], required: Set[str], name: str
) -> dict[str, Any]:
    """The items of a mapping as keyword arguments."""
    if not isinstance(value, Mapping):
        raise wrong(path, name, value)
    items: Mapping[Any, Any] = value
    dot = f"{path}." if path else ""
    for key in items:
        if key not in fits:
            items = _without_extra(items, path, fits)
            break
    for key in fits:
        if key in required and key not in items:
            raise Misfit(f"{dot}{key}", "missing")
    return {key: fits[key](item, f"{dot}{key}") for key, item in items.items()}


def _without_extra(
    items: Mapping[Any, Any], path: str, fits: Mapping[str, Fit]
) -> Mapping[Any, Any]:
    """What is known of a mapping, in the order of `fits`, whatever its own is."""
    extra: Set[str] = getattr(items, "__extra__", frozenset())
    for key in items:
        if key not in fits and key not in extra:
            known = ", ".join(fits) or "none"
            raise Misfit(path, f"unknown key {shown(key)}; known are: {known}")
    return {key: items[key] for key in fits if key in items}


def _elements(item: Fit, accepted: Any, make: Any, name: str) -> Fit:
    check = (set, frozenset) if accepted in (set, frozenset) else accepted

    def fit(value: Any, path: str) -> Any:
        if not isinstance(value, check):
            raise wrong(path, name, value)
        return make([item(each, f"{path}[{i}]") for i, each in enumerate(value)])

    return fit
