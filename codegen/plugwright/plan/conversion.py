"""Which converters are written? The plans of `_convert` and `_reused.py`, which templates print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..python.symbols import Code, Expr, builtin, expr, typing


class ConverterPlan(NamedTuple):
    """`read` and `write`: statements between a model `o` and a protobuf message `m`.

    `has`, `merge`: how `m.HasField` and `m.MergeFromString` are reached; "" where not needed.
    `mixed`: whether fields hold well-known types, which have no place for unknown fields.
    """

    reader: str
    writer: str
    model: Code
    has: str
    merge: str
    mixed: bool
    read: tuple[Code, ...]
    write: tuple[Code, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the writer: `x` is a field's value, `w` that of a oneof."""
        heads = [c.parts[0] if isinstance(c, Expr) else c for c in self.write]
        used = {h.removeprefix("if (")[:2] for h in heads if isinstance(h, str)}
        declared = tuple(name for name in ("x", "w") if f"{name} " in used)
        return declared + _many(self.write, _WRITTEN)

    @property
    def read_variables(self) -> tuple[str, ...]:
        """The variables of the reader whose type checkers would not infer."""
        return _many(self.read, _READ)

    @property
    def read_signature(self) -> Code:
        return _READ_SIGNATURE

    @property
    def write_signature(self) -> Code:
        return expr("o: ", self.model, ", m: ", typing("Any"), ", /")


_READ_SIGNATURE = expr("m: ", typing("Any"), ", keep: ", builtin("bool"), " = True, /")
_READ = {"x": "(x := ", "w": "w = "}
_WRITTEN = {"t": "t = ", "k": "k, v in x.items():", "v": "v in x"}
# Of a variable with more assignments than this pyright gives up to infer the type.
_INFERRED = 64


def _many(lines: tuple[Code, ...], marks: Mapping[str, str]) -> tuple[str, ...]:
    """The names whose mark is in more lines than a checker looks at."""
    if len(lines) <= _INFERRED:
        return ()
    parts = (c.parts if isinstance(c, Expr) else (c,) for c in lines)
    texts = ["".join(p for p in line if isinstance(p, str)) for line in parts]
    return tuple(
        name for name, mark in marks.items() if sum(mark in text for text in texts) > _INFERRED
    )


class EnumTablePlan(NamedTuple):
    full_name: str
    name: str
    model: Code


class ReusedConverterPlan(NamedTuple):
    reader: str
    writer: str
    model: Code


class ReusedPlan(NamedTuple):
    """The converters of types that other packages have."""

    doc: str
    tables: tuple[EnumTablePlan, ...]
    converters: tuple[ReusedConverterPlan, ...]


class ConvertersPlan(NamedTuple):
    source: str
    tables: tuple[EnumTablePlan, ...]
    converters: tuple[ConverterPlan, ...]
