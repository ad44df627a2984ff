"""How do models look to tools that know dataclasses?

Models are no decorated dataclasses, for the decorator takes longer than all the rest. What it
would have left on a class is made when a tool asks for it: `__dataclass_fields__` by `FIELDS`, an
attribute of each model class, and `__dataclass_params__` by `PARAMS`. Both are objects of the
dataclasses module, made by it for a class with the same fields.

Unknown fields are no field to any tool. Only to `dataclasses.replace` an instance that has some
lists them, as an `InitVar`, for what is no field it would not pass on.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
from types import FrameType
from typing import Any, get_type_hints

Fields = dict[str, "dataclasses.Field[Any]"]


class _OwnFields(Fields):
    """The fields of one class, by name. Some tools accept nothing but a plain dict."""

    def __get__(self, instance: Any, owner: type) -> Fields:
        return _fields_for(_caller(), self, instance)


class _Fields(Fields):
    """`__dataclass_fields__` until somebody asks for it. A dict, for so it is where a tool looks
    into the `__dict__` of a class."""

    def __get__(self, instance: Any, owner: type) -> Fields:
        for base in owner.__mro__:
            if base.__dict__.get("__proto__") or base.__dict__.get("__proto_field__"):
                made = _OwnFields(_fields_of(base))
                setattr(base, "__dataclass_fields__", made)  # noqa: B010
                return _fields_for(_caller(), made, instance)
        return {}


def _caller() -> FrameType:
    """The frame that asks for the attribute."""
    return sys._getframe(2)  # pyright: ignore[reportPrivateUsage]


def _fields_for(caller: FrameType, fields: Fields, instance: Any) -> Fields:
    known = caller.f_globals.get("__name__") == dataclasses.__name__
    # The latter since Python 3.13.
    replacing = known and caller.f_code.co_name in ("replace", "_replace")
    if replacing and getattr(instance, "__unknown__", b""):
        return {**fields, **_unknown()}
    return dict(fields)


class _Params:
    """`__dataclass_params__`: what the decorator was called with."""

    def __get__(self, instance: Any, owner: type) -> Any:
        return _params()


FIELDS: Any = _Fields()
PARAMS: Any = _Params()


@functools.cache
def _params() -> Any:
    made: Any = dataclasses.dataclass(kw_only=True)(type("_", (), {}))
    return made.__dataclass_params__


def _decorated(annotations: dict[str, Any], values: dict[str, Any]) -> Fields:
    namespace = {"__annotations__": annotations, **values}
    decorate = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)
    made: Any = decorate(type("_", (), namespace))
    fields: Fields = made.__dataclass_fields__
    return fields


def _fields_of(cls: Any) -> Fields:
    if "__proto__" in cls.__dict__:
        return _fields_of_model(cls)
    # One field, called as in the proto: so `asdict` says which case it is.
    return _decorated({cls.__proto_field__: get_type_hints(cls)["value"]}, {})


def _fields_of_model(model: Any) -> Fields:
    names: tuple[str, ...] = model.__field_names__
    defaults: dict[str, Any] = model.__init__.__kwdefaults__ or {}
    declared: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        declared |= inspect.get_annotations(base)
    values = {
        name: _field(model, name, defaults.get(name, dataclasses.MISSING))
        for name in names
    }
    return _decorated({name: declared[name] for name in names}, values)


def _field(model: Any, name: str, default: Any) -> Any:
    shown = name not in model.__secrets__
    if default is dataclasses.MISSING:
        return dataclasses.field(repr=shown)
    if (made := getattr(default, "made", None)) is not None:
        return dataclasses.field(
            default_factory=(
                made if isinstance(made, type) else lambda: made(model, name)
            ),
            repr=shown,
        )
    return dataclasses.field(default=default, repr=shown)


@functools.cache
def _unknown() -> Fields:
    declared = {"__unknown__": dataclasses.InitVar[bytes]}
    return _decorated(declared, {"__unknown__": b""})
