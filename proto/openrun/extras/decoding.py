"""How do Starlark's values become Python's? A `StarValue` in; `Misfit` for what Python has not."""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import timedelta
from typing import Any

from openrun_plugin import models
from openrun_plugin.models import StarDict, StarValue, TypedStruct, ValueList
from plugwright_runtime.message.nanotime import nano_datetime

from .values import (
    EPOCH,
    MAX_LEVELS,
    TOO_DEEP,
    FuncRef,
    Struct,
    Thunk,
    Unconvertible,
    a_type,
    shown,
)

_Kind = StarValue.Kind


class Decoder:
    """Starlark's values to Python.

    `cursor`, `funcref`: what becomes of cursors and function references. Without them the first
    are refused and the second are `FuncRef`s: apps cannot send either.
    """

    def __init__(
        self,
        cursor: Callable[[models.Cursor], Any] | None = None,
        funcref: Callable[[FuncRef], Any] | None = None,
    ) -> None:
        self._cursor = cursor
        self._funcref = funcref

    def decode(self, value: StarValue | None, path: str) -> Any:
        """The Python value; raises `Misfit`, its place beginning with `path`."""
        try:
            return self._value(value, 0)
        except Unconvertible as bad:
            raise bad.misfit(path) from None

    def _value(self, value: StarValue | None, level: int) -> Any:
        if level > MAX_LEVELS:
            raise Unconvertible(TOO_DEEP)
        level += 1
        match value.kind if value is not None else _Kind.None_(True):
            case _Kind.None_():
                return None
            case _Kind.Str(v) | _Kind.Int(v) | _Kind.Bool(v):
                return v
            case _Kind.Float(v) | _Kind.Bytes(v):
                return v
            case _Kind.List(v):
                return self._values(v, level)
            case _Kind.Tuple(v):
                return tuple(self._values(v, level))
            case _Kind.Dict(v):
                return self._dict(v, level)
            case _Kind.Set(v):
                return self._set(v, level)
            case _Kind.Struct(v):
                return self._struct(v, level)
            case _Kind.Bigint(v):
                number = int.from_bytes(v.abs, "big")
                return -number if v.negative else number
            case _Kind.TimeUnixNanos(v):
                micros, nanos = divmod(v, 1000)
                base = EPOCH + timedelta(microseconds=micros)
                return nano_datetime(base, nanos) if nanos else base
            case _Kind.Cursor(v):
                if self._cursor is None:
                    raise Unconvertible("there is no place for a cursor here")
                return self._cursor(v)
            case _Kind.Thunk(v):
                result = None if v.error else self._value(v.value, level)
                return Thunk(v.name, result, v.error)
            case _Kind.Funcref(v):
                args = tuple(self._values(ValueList(values=v.args), level))
                ref = FuncRef(v.function, args)
                return ref if self._funcref is None else self._funcref(ref)
            case None:
                raise Unconvertible("a value of no kind, or of one that this SDK does not know")

    def _values(self, values: ValueList, level: int) -> list[Any]:
        decoded: list[Any] = []
        try:
            for value in values.values:
                decoded.append(self._value(value, level))  # noqa: PERF401
        except Unconvertible as bad:
            bad.steps.append(f"[{len(decoded)}]")
            raise
        return decoded

    def _set(self, values: ValueList, level: int) -> set[Any]:
        members = self._values(values, level)
        found: set[Any] = set()
        for i, member in enumerate(members):
            try:
                _check_key(member, found)
            except Unconvertible as bad:
                bad.steps.append(f"[{i}]")
                raise
            found.add(member)
        return found

    def _dict(self, value: StarDict, level: int) -> dict[Any, Any]:
        decoded: dict[Any, Any] = {}
        key: Any = None
        step = " key"
        try:
            for entry in value.entries:
                step, key = " key", ...
                key = self._value(entry.key, level)
                _check_key(key, decoded)
                step = ""
                decoded[key] = self._value(entry.value, level)
        except Unconvertible as bad:
            bad.steps.append(f"[{shown(key)}]{step}")
            raise
        return decoded

    def _struct(self, value: TypedStruct, level: int) -> Struct:
        fields = self._dict(value.fields or StarDict(), level)
        for name in fields:
            if not isinstance(name, str):
                raise Unconvertible(f"a field of a record is {a_type(name)}, not a str")
        return Struct(value.type_name, fields)


def _check_key(key: Any, found: Set[Any] | dict[Any, Any]) -> None:
    """Refuse what Python cannot keep apart, such as the keys 1 and True."""
    try:
        known = key in found
    except TypeError:
        raise Unconvertible(f"{a_type(key)} cannot be a key in Python") from None
    if known:
        raise Unconvertible("Python takes it for the same as one before it")
