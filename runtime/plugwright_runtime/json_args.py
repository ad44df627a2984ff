"""How does JSON text of unknown origin become a dataclass, and nothing but that dataclass?

In: a dataclass and a text. Out: an instance whose fields have the types they are annotated with, or
`JSONArgsError` whose text says where the JSON is wrong. Nothing is converted: "1" is no int, 1 no
bool, a missing field is an error unless it has a default, and so is a field too many.

| annotation | JSON |
|---|---|
| `str`, `int`, `bool`, `None` | the same; an int is a number without a fraction |
| `float` | a number |
| `list[T]`, `tuple[T, ...]`, `dict[str, T]` | an array, an array, an object |
| a dataclass | an object |
| `Literal[...]` | one of these values |
| `A \\| B` | what fits the first alternative that fits |
| `Any` | anything |
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Literal, Protocol, TypeVar, Union

from .errors import PlugwrightError

Check = Callable[[Any, str], Any]


class Dataclass(Protocol):
    """An instance of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=Dataclass)


class JSONArgsError(PlugwrightError, ValueError):
    """The JSON is not what the dataclass says: `args.items[2].name: expected a text, got 5`."""


def parse(cls: type[D], text: str, name: str = "args") -> D:
    """The instance that `text` describes; an empty text is an object without fields."""
    try:
        value = json.loads(text, parse_constant=_no_number) if text.strip() else {}
    except RecursionError:
        raise JSONArgsError(f"{name}: nested too deep") from None
    except ValueError as error:
        raise JSONArgsError(f"{name}: not valid JSON: {error}") from None
    try:
        made: D = checker(cls)(value, name)
    except RecursionError:
        raise JSONArgsError(f"{name}: nested too deep") from None
    return made


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_checkers: dict[type[Any], Check] = {}


def checker(cls: type[Any]) -> Check:
    """What makes instances of a dataclass. Raises TypeError if a field cannot be had from JSON, and
    if `cls` is no dataclass.
    """
    if cls in _checkers:
        return _checkers[cls]
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls!r} is no dataclass")
    table: dict[str, tuple[Check, bool]] = {}
    # Known before its fields are looked at: one may be of the same class.
    _checkers[cls] = functools.partial(_object, cls, table)
    try:
        table.update(_fields(cls))
    except TypeError:
        _checkers.clear()
        raise
    return _checkers[cls]


def _fields(cls: type[Any]) -> Iterator[tuple[str, tuple[Check, bool]]]:
    """Of each field its name, what checks it, and whether it must be there."""
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise TypeError(
            f"{cls.__name__}: {error}; define the types of its fields at module level"
        ) from None
    for field in dataclasses.fields(cls):
        if field.init:
            required = (
                field.default is dataclasses.MISSING
                and field.default_factory is dataclasses.MISSING
            )
            found = _check_of(hints[field.name], f"{cls.__name__}.{field.name}")
            yield field.name, (found, required)


def _object(
    cls: type[Any], table: Mapping[str, tuple[Check, bool]], value: Any, path: str
) -> Any:
    if not isinstance(value, dict):
        raise _wrong(path, "an object", value)
    if unknown := [key for key in value if key not in table]:
        known = ", ".join(table) or "none"
        raise JSONArgsError(
            f"{path}: unknown field {unknown[0][:60]!r}; known are: {known}"
        )
    fields: dict[str, Any] = {}
    for name, (check, required) in table.items():
        if name in value:
            fields[name] = check(value[name], f"{path}.{name}")
        elif required:
            raise JSONArgsError(f"{path}.{name}: missing")
    try:
        return cls(**fields)
    except (ValueError, TypeError) as error:  # its __post_init__ refuses them
        raise JSONArgsError(f"{path}: {error}") from error


def _check_of(hint: Any, where: str) -> Check:
    """What checks a value of the type `hint`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin in (types.UnionType, Union):
        return _either([_check_of(a, where) for a in arguments], hint)
    if origin is Literal:
        return functools.partial(_one_of, arguments)
    if origin is list:
        return functools.partial(_items, list, _check_of(arguments[0], where))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return functools.partial(_items, tuple, _check_of(arguments[0], where))
    if origin is dict and arguments[0] is str:
        return functools.partial(_values, _check_of(arguments[1], where))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return checker(hint)
    raise TypeError(
        f"{where}: {hint!r} cannot be had from JSON; see plugwright_runtime.json_args"
    )


def _wrong(path: str, expected: str, value: Any) -> JSONArgsError:
    if isinstance(value, dict | list):
        shown = "an object" if isinstance(value, dict) else "an array"
    else:
        shown = json.dumps(value[:60] if isinstance(value, str) else value)
    return JSONArgsError(f"{path}: expected {expected}, got {shown}")


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "a text", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise JSONArgsError(f"{path}: not valid Unicode") from None
    return value


def _bool(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, "true or false", value)
    return value


def _int(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(path, "a whole number", value)
    return value


def _float(value: Any, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(path, "a number", value)
    try:
        made = float(value)
    except OverflowError:
        made = math.inf
    if not math.isfinite(made):
        raise JSONArgsError(f"{path}: the number is too large")
    return made


def _null(value: Any, path: str) -> None:
    if value is not None:
        raise _wrong(path, "null", value)


def _anything(value: Any, path: str) -> Any:
    return value


_PLAIN: dict[Any, Check] = {
    str: _text,
    bool: _bool,
    int: _int,
    float: _float,
    type(None): _null,
    Any: _anything,
}


def _one_of(known: tuple[Any, ...], value: Any, path: str) -> Any:
    if not any(type(value) is type(k) and value == k for k in known):
        raise _wrong(path, "one of " + ", ".join(json.dumps(k) for k in known), value)
    return value


def _items(
    make: Callable[[list[Any]], Any], check: Check, value: Any, path: str
) -> Any:
    if not isinstance(value, list):
        raise _wrong(path, "an array", value)
    return make([check(item, f"{path}[{i}]") for i, item in enumerate(value)])


def _values(check: Check, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, "an object", value)
    return {_text(k, path): check(v, f"{path}.{k[:60]}") for k, v in value.items()}


def _either(checks: list[Check], hint: Any) -> Check:
    """The first of `checks` that is content; with one beside None its complaint counts."""
    beside = [c for c in checks if c is not _null]

    def check(value: Any, path: str) -> Any:
        if value is None and len(beside) < len(checks):
            return None
        if len(beside) == 1:
            return beside[0](value, path)
        for each in beside:
            try:
                return each(value, path)
            except JSONArgsError:
                continue
        raise _wrong(path, str(hint), value)

    return check
