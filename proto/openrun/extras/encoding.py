"""How do Python's values become Starlark's? A `StarValue` comes out, `Misfit` for what has none."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import (
    AsyncGenerator,
    Callable,
    Collection,
    Generator,
    Iterable,
    Mapping,
    Set,
)
from datetime import datetime
from typing import Any, TypeAlias

from openrun_plugin import models
from openrun_plugin.models import BigInt, StarDict, StarEntry, StarValue, TypedStruct, ValueList
from plugwright_runtime.codec import encode as to_wire
from plugwright_runtime.fit.fitting import Misfit
from plugwright_runtime.message.rawtime import below_microsecond

from .values import (
    EPOCH,
    MAX_LEVELS,
    TOO_DEEP,
    Cursor,
    FuncRef,
    Struct,
    Thunk,
    Unconvertible,
    a_type,
    shown,
)

_Kind = StarValue.Kind
_MIN, _MAX = -(2**63), 2**63 - 1

MESSAGE_BYTES = 64 * 1024 * 1024
NO_FUNCTION = "a function cannot be sent from here"
TOO_LONG = "longer than a message can be; return a generator or a Cursor of short items"


class Encoder:
    """Python values to Starlark.

    `cursor`, `callback`: what makes the handle of a cursor and of a callable; without them there is
    no place for such values. `functions`: the names that function references may have, None for
    any. `weight`: bytes that what was encoded has at least; it may have four times as many.
    """

    def __init__(
        self,
        cursor: Callable[[Cursor], models.Cursor] | None = None,
        callback: Callable[[Callable[[], Any]], FuncRef] | None = None,
        functions: Collection[str] | None = None,
    ) -> None:
        self.cursor = cursor
        self.functions = functions
        self.callback = callback
        self.weight = 0

    def encode(self, value: object, path: str) -> StarValue:
        """The Starlark value; raises `Misfit`, its place beginning with `path`."""
        try:
            return self.value(value, 0)
        except Unconvertible as bad:
            raise bad.misfit(path) from None

    def encode_within(self, value: object, path: str, most: int) -> StarValue:
        """As `encode`; Misfit, too, if the value has more than `most` bytes."""
        before = self.weight
        encoded = self.encode(value, path)
        # To encode it once more is dear: only what may be too long is measured.
        if 4 * (self.weight - before) > most and len(to_wire(encoded)) > most:
            raise Misfit(path, TOO_LONG)
        return encoded

    def value(self, value: Any, level: int) -> StarValue:
        """The Starlark value, `level` levels below the outermost; raises `Unconvertible`."""
        if level > MAX_LEVELS:
            raise Unconvertible(TOO_DEEP)
        self.weight += 4
        if self.weight > MESSAGE_BYTES:
            raise Unconvertible(TOO_LONG)
        cls: type[Any] = value.__class__
        encode = _EXACT.get(cls) or _encode_of(value)
        return StarValue(kind=encode(self, value, level + 1))


# Below, `level` is that of what the value contains.


def _none(encoder: Encoder, value: None, level: int) -> _Kind.None_:
    return _Kind.None_(True)


def _bool(encoder: Encoder, value: bool, level: int) -> _Kind.Bool:
    return _Kind.Bool(value)


def _int(encoder: Encoder, value: int, level: int) -> _Kind.Int | _Kind.Bigint:
    value = int(value)
    if _MIN <= value <= _MAX:
        return _Kind.Int(value)
    size = (value.bit_length() + 7) // 8
    encoder.weight += size
    digits = abs(value).to_bytes(size, "big")
    return _Kind.Bigint(BigInt(negative=value < 0, abs=digits))


def _float(encoder: Encoder, value: float, level: int) -> _Kind.Float:
    return _Kind.Float(float(value))


def _str(encoder: Encoder, value: str, level: int) -> _Kind.Str:
    text = str.__str__(value)
    if text.isascii():
        encoder.weight += len(text)
        return _Kind.Str(text)
    try:
        encoder.weight += len(text.encode())
    except UnicodeEncodeError as error:
        raise Unconvertible(f"the text is no Unicode: {error.reason}") from None
    return _Kind.Str(text)


def _bytes(encoder: Encoder, value: Any, level: int) -> _Kind.Bytes:
    data = bytes(value)
    encoder.weight += len(data)
    return _Kind.Bytes(data)


def _datetime(encoder: Encoder, value: datetime, level: int) -> _Kind.TimeUnixNanos:
    if value.utcoffset() is None:
        raise Unconvertible("a time without a time zone; give it one: tzinfo=datetime.UTC")
    since = datetime.__sub__(value, EPOCH)
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    nanos = micros * 1000 + below_microsecond(value)
    if not _MIN <= nanos <= _MAX:
        raise Unconvertible("a time has to be in the years 1678 to 2261")
    return _Kind.TimeUnixNanos(nanos)


def _list(encoder: Encoder, value: Iterable[Any], level: int) -> _Kind.List:
    return _Kind.List(_values(encoder, value, level))


def _tuple(encoder: Encoder, value: Iterable[Any], level: int) -> _Kind.Tuple:
    return _Kind.Tuple(_values(encoder, value, level))


def _set(encoder: Encoder, value: Iterable[Any], level: int) -> _Kind.Set:
    return _Kind.Set(_values(encoder, value, level))


def _values(encoder: Encoder, values: Iterable[Any], level: int) -> ValueList:
    encoded: list[StarValue] = []
    try:
        for value in values:
            encoded.append(encoder.value(value, level))  # noqa: PERF401
    except Unconvertible as bad:
        bad.steps.append(f"[{len(encoded)}]")
        raise
    return ValueList(values=encoded)


def _dict(encoder: Encoder, value: Mapping[Any, Any], level: int) -> _Kind.Dict:
    return _Kind.Dict(_entries(encoder, value.items(), level))


def _entries(encoder: Encoder, items: Iterable[tuple[Any, Any]], level: int) -> StarDict:
    entries: list[StarEntry] = []
    key: Any = None
    step = ""
    try:
        for key, value in items:
            step = " key"
            encoded = encoder.value(key, level)
            step = ""
            entries.append(StarEntry(key=encoded, value=encoder.value(value, level)))
    except Unconvertible as bad:
        bad.steps.append(f"[{shown(key)}]{step}")
        raise
    return StarDict(entries=entries)


def _struct(encoder: Encoder, value: Struct, level: int) -> _Kind.Struct:
    return _record(encoder, value.type_name, value, level)


def _dataclass(encoder: Encoder, value: Any, level: int) -> _Kind.Struct:
    names = [f.name for f in dataclasses.fields(value)]
    fields = {name: getattr(value, name) for name in names}
    return _record(encoder, type(value).__name__, fields, level)


def _record(
    encoder: Encoder, type_name: str, fields: Mapping[str, Any], level: int
) -> _Kind.Struct:
    encoder.weight += len(type_name)
    entries = _entries(encoder, fields.items(), level)
    return _Kind.Struct(TypedStruct(type_name=type_name, fields=entries))


def _enum(encoder: Encoder, value: enum.Enum, level: int) -> Any:
    found: StarValue = encoder.value(value.value, level - 1)
    return found.kind


def _thunk(encoder: Encoder, value: Thunk, level: int) -> _Kind.Thunk:
    encoder.weight += len(value.name) + len(value.error)
    if value.error:
        return _Kind.Thunk(models.Thunk(name=value.name, error=value.error))
    try:
        result = encoder.value(value.value, level)
    except Unconvertible as bad:
        bad.steps.append("()")
        raise
    return _Kind.Thunk(models.Thunk(name=value.name, value=result))


def _funcref(encoder: Encoder, value: FuncRef, level: int) -> _Kind.Funcref:
    known = encoder.functions
    if known is not None and not known:
        raise Unconvertible(NO_FUNCTION)
    if known is not None and value.function not in known:
        raise Unconvertible(f"the module has no function {value.function!r}")
    return _reference(encoder, value, level)


def _callable(encoder: Encoder, value: Callable[[], Any], level: int) -> _Kind.Funcref:
    if encoder.callback is None:
        raise Unconvertible(NO_FUNCTION)
    return _reference(encoder, encoder.callback(value), level)


def _reference(encoder: Encoder, value: FuncRef, level: int) -> _Kind.Funcref:
    try:
        args = _values(encoder, value.args, level).values
    except Unconvertible as bad:
        bad.steps.append(".args")
        raise
    encoder.weight += len(value.function)
    return _Kind.Funcref(models.FuncRef(function=value.function, args=args))


def _iterator(encoder: Encoder, value: Any, level: int) -> _Kind.Cursor:
    cursor = value if isinstance(value, Cursor) else Cursor(value)
    if encoder.cursor is None:
        raise Unconvertible("a generator or cursor cannot be sent from here")
    return _Kind.Cursor(encoder.cursor(cursor))


_Encode: TypeAlias = Callable[[Encoder, Any, int], Any]

_EXACT: dict[type, _Encode] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    list: _list,
    tuple: _tuple,
    set: _set,
    dict: _dict,
    datetime: _datetime,
    Struct: _struct,
}
# The first class that a value is an instance of counts.
_KINDS: tuple[tuple[Any, _Encode], ...] = (
    ((int,), _int),
    ((float,), _float),
    ((str,), _str),
    ((enum.Enum,), _enum),
    ((bytes, bytearray, memoryview), _bytes),
    ((list,), _list),
    ((tuple,), _tuple),
    ((datetime,), _datetime),
    ((Struct,), _struct),
    ((Mapping,), _dict),
    ((Set,), _set),
    ((Cursor, Generator, AsyncGenerator), _iterator),
    ((Thunk,), _thunk),
    ((FuncRef,), _funcref),
)


def _encode_of(value: Any) -> _Encode:
    """What encodes a value of a class that is not in `_EXACT`."""
    for classes, encode in _KINDS:
        if isinstance(value, classes):
            return encode
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dataclass
    if callable(value) and not isinstance(value, type):
        return _callable
    raise _refusal(value)


def _refusal(value: object) -> Unconvertible:
    return Unconvertible(f"{a_type(value)} cannot be sent to the app")
