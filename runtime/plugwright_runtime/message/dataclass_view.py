"""How do models look to tools that know dataclasses?

Models are no decorated dataclasses, for the decorator takes longer than all the rest. What it
would have left on a class is made here when a tool asks for it: objects of the dataclasses module,
made by it for a class with the same fields.

Unknown fields are no field to any tool. Only to `dataclasses.replace` an instance that has some
lists them, as an `InitVar`, for what is no field it would not pass on.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from types import FrameType
from typing import Any, get_type_hints

Fields = dict[str, "dataclasses.Field[Any]"]


def fields_of(instance: Any, owner: type, caller: FrameType) -> Fields:
    """`__dataclass_fields__` of a class, or of an instance of it, for the one who asks: `caller`.

    A plain dict: some tools take nothing else.
    """
    for base in owner.__mro__:
        if base.__dict__.get("__proto__") or base.__dict__.get("__proto_field__"):
            found = _declared(base)
            if getattr(instance, "__unknown__", b"") and _is_replacing(caller):
                return {**found, **_unknown()}
            return found
    return {}


def _is_replacing(caller: FrameType) -> bool:
    module = caller.f_globals.get("__name__")
    # The latter since Python 3.13.
    return module == dataclasses.__name__ and caller.f_code.co_name in (
        "replace",
        "_replace",
    )


@functools.cache
def params() -> Any:
    """`__dataclass_params__`: what the decorator was called with."""
    made: Any = dataclasses.dataclass(kw_only=True)(type("_", (), {}))
    return made.__dataclass_params__


def _decorated(annotations: dict[str, Any], values: dict[str, Any]) -> Fields:
    namespace = {"__annotations__": annotations, **values}
    decorate = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)
    made: Any = decorate(type("_", (), namespace))
    fields: Fields = made.__dataclass_fields__
    return fields


@functools.cache
def _declared(cls: Any) -> Fields:
    """The fields that a generated class declares, by name."""
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
    values = {name: _field(model, name, defaults.get(name, dataclasses.MISSING)) for name in names}
    return _decorated({name: declared[name] for name in names}, values)


def _field(model: Any, name: str, default: Any) -> Any:
    shown = name not in model.__secrets__
    if default is dataclasses.MISSING:
        return dataclasses.field(repr=shown)
    if (made := getattr(default, "made", None)) is not None:
        return dataclasses.field(
            default_factory=(made if isinstance(made, type) else lambda: made(model, name)),
            repr=shown,
        )
    return dataclasses.field(default=default, repr=shown)


@functools.cache
def _unknown() -> Fields:
    declared = {"__unknown__": dataclasses.InitVar[bytes]}
    return _decorated(declared, {"__unknown__": b""})
