"""How do Struct, Value and ListValue become dicts, lists and plain values?

This is on the path of every message with free properties, so the readers and writers
are straight code over the protobuf containers. The numbers of google.protobuf.Value are
doubles; `read_value` says what they read as. Keys come in no particular order: protobuf
maps have none.
"""

from __future__ import annotations

import enum
import math
import reprlib
from collections.abc import Mapping
from types import UnionType
from typing import Any, Final, TypeAlias

from .unknown import Inside
from .wire import UnknownFieldSet

JSONObject: TypeAlias = dict[str, Any]
JSONValue: TypeAlias = Any

MAX_DEPTH = 100
"""The deepest nesting of dicts and lists that is written. Peers may read less: protobuf
for C++ and Python stops at 100 nested messages, which are 34 dicts or 51 lists."""


class NullValue(enum.Enum):
    """The null of JSON where None has another meaning; its one member is `NULL`.

    A field of type google.protobuf.Value is None when it is not set, and NULL when it is set to
    null. Inside of dicts and lists null is None; NULL is taken there, too.
    """

    NULL = None

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NULL"


NULL: Final = NullValue.NULL

_EXACT = 2**53  # every int of at most this magnitude is a double

# ------------------------------------------------------------------ protobuf -> Python


def read_struct(m: Any, inside: Inside = None) -> JSONObject:
    """The dict of a google.protobuf.Struct."""
    fields = m.fields
    result: JSONObject = {}
    if inside is None:
        for key in fields:
            v = fields[key]
            # A member that is not set reads as its zero: a text that is there is the value.
            result[key] = v.string_value or _read(v, None)
        return result
    if UnknownFieldSet(m):
        inside.append(m)
    for key in fields:
        v = fields[key]
        if UnknownFieldSet(v):
            inside.append(v)
        result[key] = v.string_value or _read(v, inside)
    return result


def read_list_value(m: Any, inside: Inside = None) -> list[JSONValue]:
    """The list of a google.protobuf.ListValue."""
    # Not of a slice: those of long lists hold Python's lock, and take ever longer.
    if inside is None:
        return [v.string_value or _read(v, None) for v in m.values]
    if UnknownFieldSet(m):
        inside.append(m)
    result: list[JSONValue] = []
    for v in m.values:
        if UnknownFieldSet(v):
            inside.append(v)
        result.append(v.string_value or _read(v, inside))
    return result


def read_value(m: Any, inside: Inside = None) -> JSONValue:
    """The JSON value of a google.protobuf.Value; None if no kind is set.

    A number is an int if it is integral and at most 2**53 in magnitude, except -0.0;
    else it is a float, NaN and infinities included.
    """
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
    return m.string_value or _read(m, inside)


def read_set_value(m: Any, inside: Inside = None) -> JSONValue:
    """As `read_value`, but `NULL` for null: where None says that there is no value."""
    value = read_value(m, inside)
    return NULL if value is None and m.WhichOneof("kind") else value


def _read(v: Any, inside: Inside) -> JSONValue:
    """The value of a Value that holds no text, or an empty one."""
    if number := v.number_value:
        if -_EXACT <= number <= _EXACT and number == (integer := int(number)):
            return integer
        return number
    kind = v.WhichOneof("kind")
    if kind == "struct_value":
        return read_struct(v.struct_value, inside)
    if kind == "list_value":
        return read_list_value(v.list_value, inside)
    if kind == "bool_value":
        return v.bool_value
    if kind == "number_value":
        return 0 if math.copysign(1.0, number) > 0 else number
    return "" if kind == "string_value" else None


# ------------------------------------------------------------------ Python -> protobuf


def write_struct(value: Mapping[str, JSONValue], m: Any) -> None:
    """Fill a google.protobuf.Struct; errors as in `write_value`."""
    if type(value) is not dict:  # the check for Mapping is slow
        expect(Mapping, value, "a dict of JSON values")
    try:
        _write_fields(value, m.fields, MAX_DEPTH - 1)
    except _Misfit as misfit:
        raise misfit.error() from None


def write_list_value(value: list[JSONValue] | tuple[JSONValue, ...], m: Any) -> None:
    """Fill a google.protobuf.ListValue; errors as in `write_value`."""
    expect(list | tuple, value, "a list of JSON values")
    try:
        _write_values(value, m.values, MAX_DEPTH - 1)
    except _Misfit as misfit:
        raise misfit.error() from None


def write_value(value: JSONValue, m: Any) -> None:
    """Fill a google.protobuf.Value.

    Takes None, bool, int, float, str, lists and tuples, mappings with str keys, and
    subclasses of these. Errors name the path inside the value: TypeError for other
    types; ValueError for an int that no double equals, text with a lone surrogate,
    nesting deeper than `MAX_DEPTH`.
    """
    try:
        _write(value, m, MAX_DEPTH)
    except _Misfit as misfit:
        raise misfit.error() from None
    except UnicodeEncodeError:
        raise _Misfit(ValueError, "the text", _SURROGATE).error() from None


def _write(x: Any, v: Any, depth: int) -> None:
    """Fill the Value `v`; `depth`: how many more levels may be opened."""
    t = type(x)  # pyright: ignore[reportUnknownVariableType]
    if t is str:
        v.string_value = x
    elif t is bool:
        v.bool_value = x
    elif t is int:
        if not -_EXACT <= x <= _EXACT:
            _check_int(x)
        v.number_value = x
    elif t is float:
        v.number_value = x
    elif x is None:
        v.null_value = 0
    elif t is dict:
        _write_dict(x, v.struct_value, depth)
    elif t is list:
        _write_list(x, v.list_value, depth)
    else:
        _write_other(x, v, depth)


def _write_other(x: Any, v: Any, depth: int) -> None:
    """Fill `v` from a subclass of a JSON type, a tuple or a mapping."""
    if x is NULL:
        v.null_value = 0
    elif isinstance(x, str):
        v.string_value = x
    elif isinstance(x, int):
        _check_int(number := int(x))
        v.number_value = number
    elif isinstance(x, float):
        v.number_value = x
    elif isinstance(x, list | tuple):
        _write_list(x, v.list_value, depth)
    elif isinstance(x, Mapping):
        _write_dict(x, v.struct_value, depth)
    else:
        raise _Misfit(TypeError, "expected a JSON value", f", got {_type(x)}")


def _write_dict(x: Any, struct: Any, depth: int) -> None:
    if not depth:
        raise _Misfit(ValueError, "the dict", _TOO_DEEP)
    if x:
        _write_fields(x, struct.fields, depth - 1)
    else:
        struct.SetInParent()  # nothing else would say which kind is set


def _write_list(x: Any, list_value: Any, depth: int) -> None:
    if not depth:
        raise _Misfit(ValueError, "the list", _TOO_DEEP)
    if x:
        _write_values(x, list_value.values, depth - 1)
    else:
        list_value.SetInParent()


def _write_fields(x: Any, fields: Any, depth: int) -> None:
    key = None
    try:
        for key, value in x.items():
            if not isinstance(key, str):  # protobuf would take bytes
                raise _Misfit(TypeError, "expected str as key", f", got {_type(key)}")
            if type(value) is str:
                fields[key].string_value = value
            else:
                _write(value, fields[key], depth)
    except _Misfit as misfit:
        misfit.path.append(key)
        raise
    except UnicodeEncodeError:
        raise _Misfit(ValueError, "the text", _SURROGATE, key) from None


def _write_values(x: Any, values: Any, depth: int) -> None:
    add = values.add
    try:
        for value in x:
            _write(value, add(), depth)
    except _Misfit as misfit:
        misfit.path.append(len(values) - 1)
        raise
    except UnicodeEncodeError:
        raise _Misfit(ValueError, "the text", _SURROGATE, len(values) - 1) from None


# ------------------------------------------------------------------ what does not fit

_TOO_DEEP = f" is nested deeper than {MAX_DEPTH} levels; flatten it or send it as JSON text"
_SURROGATE = " holds a lone surrogate, which protobuf cannot carry; replace it"
_INEXACT = " cannot be held exactly by google.protobuf.Value; send it as str"


class _Misfit(Exception):
    """What is wrong with a part of a JSON value; its path grows on the way out."""

    def __init__(self, kind: type[Exception], subject: str, problem: str, *path: object) -> None:
        super().__init__(subject, problem)
        self.kind, self.subject, self.problem = kind, subject, problem
        self.path = list(path)  # innermost first

    def error(self) -> Exception:
        steps = [f"[{reprlib.repr(step)}]" for step in reversed(self.path)]
        if len(steps) > 12:
            steps[8:-4] = ["..."]
        at = " at " + "".join(steps) if steps else ""
        return self.kind(f"{self.subject}{at}{self.problem}")


def _check_int(x: int) -> None:
    try:
        if float(x) == x:  # compared exactly, not as floats
            return
    except OverflowError:
        pass
    shown = str(x) if x.bit_length() <= 128 else f"an int of {x.bit_length()} bits"
    raise _Misfit(ValueError, shown, _INEXACT)


def expect(cls: type | UnionType, value: object, name: str) -> None:
    """TypeError unless `value` is a `cls`; `name` says so in words."""
    if not isinstance(value, cls):
        raise TypeError(f"expected {name}, got {_type(value)}")


def _type(value: object) -> str:
    return type(value).__name__
