"""Which Python values stand for Starlark's, and how do they convert?

`to_star` and `from_star` convert both ways without loss. What cannot be converted is a `Misfit`
that names the place: `result[3]["x"]: a Decimal cannot be sent to the app`.

| Starlark | Python |
|---|---|
| None, bool, int of any size, float, string, bytes | the same; an int is no float, 2.0 no int |
| list, tuple, set, dict | the same; order is kept, keys are all that can be hashed |
| record | `Struct`; a dataclass can be sent, and annotates a parameter |
| time | aware `datetime`, a `NanoDatetime` below the microsecond |
| function without parameters | `Thunk`, `FuncRef`; a function of a module can return any callable |
| iterator | generator or `Cursor`; only a function of a module can return them |
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openrun_plugin.models import StarValue
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.fit.fitting import Misfit

MAX_LEVELS = 100
TOO_DEEP = f"nested more than {MAX_LEVELS} levels deep (does it contain itself?)"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Struct(Mapping[str, Any]):
    """A record of a type of the app's schema: a mapping of its fields, with a `type_name`.

    `Struct("bookmark", url="https://example.org", tags=[])`
    """

    __slots__ = ("_fields", "type_name")

    __extra__ = frozenset(
        (
            *("_id", "_version", "_json"),
            *("_created_by", "_created_at", "_updated_by", "_updated_at"),
        )
    )
    """What a record of a schema always has: ignored by a class that does not declare it."""

    def __init__(
        self, type_name: str, fields: Mapping[str, Any] | None = None, /, **more: Any
    ) -> None:
        self.type_name = type_name
        self._fields: dict[str, Any] = {**(fields or {}), **more}

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Struct):
            return NotImplemented
        return self.type_name == other.type_name and self._fields == other._fields

    def __hash__(self) -> int:
        return hash((self.type_name, frozenset(self._fields.items())))

    def __repr__(self) -> str:
        fields = "".join(f", {name}={v!r}" for name, v in self._fields.items())
        return f"Struct({self.type_name!r}{fields})"


@dataclass(frozen=True, slots=True)
class Thunk:
    """A function without parameters whose outcome is known: `value`, or `error` if it fails."""

    name: str
    value: Any = None
    error: str = ""

    def __call__(self) -> Any:
        """The outcome, as an app gets it."""
        if self.error:
            raise PluginAPIError(self.error)
        return self.value


@dataclass(frozen=True, slots=True)
class FuncRef:
    """A function without parameters that runs `function` of the same module with `args`."""

    function: str
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cursor:
    """A long result that the app iterates over: `items` are fetched in batches, in its pace.

    `type_name`: what the app shows it as, "<type_name> iterator"; by default the function's name.
    A generator returned as it is means the same.
    """

    items: Iterable[Any] | AsyncIterable[Any]
    type_name: str = ""


class Unconvertible(Exception):
    """A value that cannot be converted; `steps` lead from it to the outermost one."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        self.steps: list[str] = []

    def misfit(self, path: str) -> Misfit:
        steps = self.steps[::-1]
        if len(steps) > 12:
            steps[6:-3] = ["…"]
        return Misfit(path + "".join(steps), self.problem)


def shown(key: object) -> str:
    """A key as it stands in a place."""
    if isinstance(key, str):
        return f'"{key}"' if len(key) <= 80 else f'"{key[:80]}…"'
    if isinstance(key, int) and key.bit_length() > 64:
        return "int"
    if isinstance(key, int | float | None):
        return repr(key)
    return type(key).__name__


def a_type(value: object) -> str:
    """The type of a value, for a text: "an int"."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def to_star(value: object, path: str = "value") -> StarValue:
    """The Starlark value of a Python value; raises `Misfit`."""
    from .encoding import Encoder

    return Encoder().encode(value, path)


def from_star(value: StarValue | None, path: str = "value") -> Any:
    """The Python value of a Starlark value; raises `Misfit`."""
    from .decoding import Decoder

    return Decoder().decode(value, path)
