"""How does JSON text of unknown origin become a dataclass, and nothing but that dataclass?

In: a dataclass and a text. Out: an instance whose fields have the types they are annotated with, or
`Misfit`, which says where the JSON is wrong: `args.items[2].name: expected str, got int`. What fits
what is said in `fitting`; nothing is converted. Of JSON alone it holds:

- an array is a list, and also what a tuple takes; the keys of an object are texts
- texts are valid Unicode, numbers are finite
- a dataclass may refuse values: what its `__post_init__` raises is a misfit
- an annotation that JSON has nothing for (bytes, sets, datetime, …) is `Unfit`
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Set
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar, get_origin

from .fitting import Fit, Fits, Misfit, Unfit
from .leaves import floating, instance, integer, name_of, shown, wrong


class Dataclass(Protocol):
    """An instance of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=Dataclass)


class JSONArgs(Generic[D]):
    """Makes instances of a dataclass from JSON. Raises `Unfit` if one of its fields cannot be had
    from JSON, and if `cls` is no dataclass.
    """

    def __init__(self, cls: type[D]) -> None:
        if not dataclasses.is_dataclass(cls):
            raise Unfit(f"{cls!r} is no dataclass")
        self._fit = _JSONFits(_LEAVES, list).of(cls)

    def parse(self, text: str, name: str = "args") -> D:
        """The instance that `text` describes; an empty text is an object without fields. Raises
        `Misfit`, its place beginning with `name`.
        """
        try:
            made: D = self._fit(_read(text, name), name)
        except RecursionError:
            raise Misfit(name, "nested too deep") from None
        return made


def _read(text: str, name: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number) if text.strip() else {}
    except ValueError as error:
        raise Misfit(name, f"not valid JSON: {error}") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


class _JSONFits(Fits):
    def unfit(self, annotation: Any) -> Unfit:
        return Unfit(f"{name_of(annotation)} cannot be had from JSON")

    def choice(self, annotation: Any, known: Mapping[tuple[type, Any], Any]) -> Fit:
        if any(cls not in _LEAVES for cls, _ in known):
            raise self.unfit(annotation)
        return super().choice(annotation, known)

    def make(self, cls: Any, members: dict[str, Any], path: str) -> Any:
        try:
            return cls(**members)
        except (ValueError, TypeError) as error:  # its __post_init__ refuses them
            raise Misfit(path, str(error)) from error

    def container(self, origin: Any, annotation: Any) -> Fit | None:
        if origin in (set, frozenset, Set):
            raise self.unfit(annotation)
        return super().container(origin, annotation)

    def mapping(self, key: Any, value: Any) -> Fit:
        if key not in (str, Any) and get_origin(key) is not Literal:
            raise Unfit(f"a dict with keys of {name_of(key)} cannot be had from JSON")
        return super().mapping(str if key is Any else key, value)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise wrong(path, "str", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Misfit(path, "not valid Unicode") from None
    return value


def _finite(value: Any, path: str) -> float:
    made = floating(value, path)
    if not math.isfinite(made):
        raise Misfit(path, "the number is too large")
    return made


def _anything(value: Any, path: str) -> Any:
    if isinstance(value, str):
        _text(value, path)
    elif isinstance(value, float):
        _finite(value, path)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _anything(item, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            _text(key, f"{path} key")
            _anything(item, f"{path}[{shown(key)}]")
    return value


_LEAVES: Mapping[Any, Fit] = {
    **{cls: instance(cls) for cls in (type(None), bool)},
    int: integer,
    float: _finite,
    str: _text,
    object: _anything,
}
