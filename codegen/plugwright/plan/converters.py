"""How is a field read from a protobuf message, and how written to one? A field in, statements out.

In the code that is built here, `m` is the protobuf message, `o` the model, `h` is `m.HasField`, `u`
the list of what has unknown fields; `x` is a field's value, `w` that of a oneof, `k` and `v` are a
key and a value of a container, `t` and `e` the part of the message that is written to.
"""

from __future__ import annotations

import functools
import keyword
from collections.abc import Iterable
from typing import NamedTuple

from ..protos.schema import (
    Field,
    Kind,
    ListKind,
    MapKind,
    MessageKind,
    Scalar,
    ScalarKind,
)
from ..python import runtime
from ..python.symbols import Code, Expr, expr, indented
from .kinds import SCALAR_ROWS, Kinds, Row, python_scalar


class Statements(NamedTuple):
    """Lines of a converter; `assigned`: the variables of each assignment in them, in order."""

    lines: tuple[Code, ...]
    assigned: tuple[str, ...] = ()


def joined(parts: Iterable[Statements]) -> Statements:
    """The statements of all parts, one after the other."""
    lines: list[Code] = []
    assigned: list[str] = []
    for part in parts:
        lines += part.lines
        assigned += part.assigned
    return Statements(tuple(lines), tuple(assigned))


# ---------------------------------------------------------------------- protobuf -> model


def read(field: Field, attribute: str, kinds: Kinds) -> Statements:
    """The statements that read a field outside a oneof into `o.<attribute>`."""
    match field.kind:
        case ListKind():
            element = _read_value(kinds.row_in(field, field.kind.element), "v")
            known = f" if (x := {get(field.name)}) else []"
            return Statements((expr(f"o.{attribute} = ", _read_items(element), known),), ("x",))
        case MapKind():
            return _read_map(field, field.kind, attribute, kinds)
        case _:
            value, otherwise = _read_singular(field, kinds)
            return Statements((expr(f"o.{attribute} = ", value, *otherwise),))


def _read_singular(field: Field, kinds: Kinds) -> tuple[Code, tuple[Code, ...]]:
    """The value of a field that holds one, and what stands behind it if the field may be unset."""
    value = read_set(field, kinds)
    if field.required:
        return value, (f' if h("{field.name}") else ', runtime.missing, f'("{field.name}")')
    if not field.presence:
        return value, ()
    if field.kind == MessageKind("google.protobuf.Value"):
        # None says that the field is not set, so null is something else.
        value = expr(runtime.read_set_value, f"({get(field.name)}, u)")
    return value, (f' if h("{field.name}") else None',)


def _read_map(field: Field, kind: MapKind, attribute: str, kinds: Kinds) -> Statements:
    row = kinds.row_in(field, kind.value)
    value = _read_value(row, "x[k]") or "x[k]"
    checked = field.utf8_key or kind.key is not Scalar.STRING
    # Reading a message may use it up, so no key may turn out bad after that.
    keys = "[*x]" if row.generated and not checked else "x"
    made = expr(f"o.{attribute} = {{k: ", value, " for k in ")
    known = f"}} if (x := {get(field.name)}) else {{}}"
    line = expr(made, keys, known)
    if checked:
        return Statements((line,), ("x",))
    entries = expr("x = ", runtime.read_entries, f'(m, "{field.name}")')
    unchecked = Statements((entries, expr(made, "x}")), ("x",))
    return _attempt(Statements((line,), ("x",)), "UnicodeDecodeError", unchecked)


def read_set(field: Field, kinds: Kinds) -> Code:
    """The expression that reads a singular field that is known to be set."""
    assert not isinstance(field.kind, ListKind | MapKind)
    source = get(field.name)
    return _read_value(kinds.row_in(field, field.kind), source) or source


def _read_items(element: Code | None) -> Code:
    """The list of all that the repeated field `x` holds; `element` reads one of it, `v`.

    A slice is the fastest way for a short list. For a long one it holds Python's lock while it
    makes an object for each element, and takes a time that grows with the square of the length.
    """
    short = expr(runtime.ALL, "] if len(x) < ", runtime.LONG)
    if element is None:
        return expr("(x[", short, " else ", runtime.long_list, "(x))")
    return expr("[", element, " for v in (x[", short, " else x)]")


def _read_value(row: Row, source: str) -> Code | None:
    if row.read is None:
        return None
    if row.subscript:
        return expr(row.read, f"[{source}]")
    # `keep` says whether unknown fields are kept. Of well-known types the message around them keeps
    # those, so it gets a note of them in `u`.
    more = ", keep" if row.generated else ", u" if row.noted else ""
    return expr(row.read, f"({source}{more})")


# ---------------------------------------------------------------------- model -> protobuf


def write(field: Field, attribute: str, kinds: Kinds) -> Statements:
    """The statements that write a field outside a oneof from `o.<attribute>`."""
    value = f"o.{attribute}"
    match field.kind:
        case ListKind():
            return _write_list(field, field.kind, attribute, kinds)
        case MapKind():
            return _write_map(field, field.kind, value, kinds)
        case _:
            if field.required or (not field.presence and kinds.row(field.kind).always):
                return write_set(field, value, kinds)
            condition = "is not None" if field.presence else _is_set(field.kind)
            return _guarded(value, condition, write_set(field, "x", kinds))


def write_set(field: Field, value: str, kinds: Kinds) -> Statements:
    """The statements that set a singular field to `value`, marking it as present."""
    assert not isinstance(field.kind, ListKind | MapKind)
    row = kinds.row(field.kind)
    if not field.utf8:
        arguments = f'(m, "{field.name}", {field.number}, {value})'
        return Statements((expr(runtime.put_text, arguments),))
    if row.fill is None:
        return Statements((put(field.name, row.check(value) if row.check else value),))
    marked = expr(runtime.set_in_parent, "(t)") if row.hides else "t.SetInParent()"
    filled = expr(row.fill, f"({value}, t)")
    return Statements((f"t = {get(field.name)}", marked, filled), ("t",))


def _write_list(field: Field, kind: ListKind, attribute: str, kinds: Kinds) -> Statements:
    row, name = kinds.row(kind.element), field.name
    listed = expr(runtime.listed, f'(o, "{attribute}")')
    if row.fill is not None:
        items = expr("for v in x if x.__class__ is list else ", listed, ":")
        item = expr("    ", row.fill, "(v, t())")
        body = Statements((f"t = {get(name)}.add", items, item), ("t", "v"))
        return _guarded(f"o.{attribute}", "or x.__class__ is not list", body)
    if not field.utf8:
        arguments = f'(m, "{name}", {field.number}, x)'
        body = Statements((expr(runtime.extend_text, arguments),))
    else:
        body = _extended(kind, row, name)
    head: tuple[Code, ...] = ("if x.__class__ is not list:", expr("    x = ", listed))
    whole = joined([Statements(head, ("x",)), body])
    return _guarded(f"o.{attribute}", "or x.__class__ is not list", whole)


def _extended(kind: ListKind, row: Row, name: str) -> Statements:
    """Puts all of `x`, plain values, into the repeated field `name`."""
    values: Code = "x"
    checked: tuple[Code, ...] = ()
    if kind.element == ScalarKind(Scalar.STRING):
        checked = (expr(runtime.all_text, "(x)"),)
    elif row.check:
        values = expr("[", row.check("v"), " for v in x]")
    return Statements((*checked, expr(f"{get(name)}.extend(", values, ")")))


def _write_map(field: Field, kind: MapKind, value: str, kinds: Kinds) -> Statements:
    row, name = kinds.row(kind.value), field.name
    check_key = SCALAR_ROWS[kind.key].check
    entry = expr("t[", check_key("k") if check_key else "k", "]")
    lines = (f"t = {get(name)}", "for k, v in x.items():", indented(_store(row, entry)))
    body = Statements(lines, ("t", "k", "v"))
    if (kind.key is Scalar.STRING and not field.utf8_key) or not field.utf8:
        entries = expr("t = ", runtime.write_entries, f'(m, "{name}", {field.number}, x)')
        store = _store(row, expr("e.value"))
        if not field.utf8:
            store = expr(runtime.put_text, '(e, "value", 2, v)')
        unchecked = Statements((entries, "for v, e in t:", indented(store)), ("t", "v", "e"))
        body = _attempt(body, "UnicodeEncodeError", unchecked)
    return _guarded(value, "or x.__class__ is not dict", body)


def _store(row: Row, target: Expr) -> Code:
    """Puts `v` into the place `target` of a map."""
    if row.fill is not None:
        return expr(row.fill, "(v, ", target, ")")
    return expr(target, " = ", row.check("v") if row.check else "v")


def _is_set(kind: Kind) -> Code:
    """The condition on `x` under which a field without presence is written."""
    if not isinstance(kind, ScalarKind):
        return "!= 0"
    default = _DEFAULTS.get(python_scalar(kind.type))
    return expr("is not ", default) if default else "is not False"


_DEFAULTS = {"str": runtime.NO_TEXT, "bytes": runtime.NO_BYTES, "int": runtime.ZERO}


def _guarded(value: str, condition: Code, body: Statements) -> Statements:
    """`body`, which uses `x`, unless `value` is the default: anything else reaches protobuf,
    which rejects a wrong type, so a stray None or "" is never written as zero in silence.
    """
    if len(value) > _LONG:
        head: tuple[Code, ...] = (f"x = {value}", expr("if x ", condition, ":"))
    else:
        head = (expr(f"if (x := {value}) ", condition, ":"),)
    return Statements((*head, *map(indented, body.lines)), ("x", *body.assigned))


# A condition with a name beyond this would not fit into a line.
_LONG = 36


# ---------------------------------------------------------------------- both


@functools.cache
def get(name: str) -> str:
    """Reading a field of a protobuf message; some names cannot stand behind a dot."""
    return f'getattr(m, "{name}")' if _is_special(name) else f"m.{name}"


def put(name: str, value: Code) -> Code:
    """Assigning a field of a protobuf message."""
    if _is_special(name):
        return expr(f'setattr(m, "{name}", ', value, ")")
    return f"m.{name} = {value}" if isinstance(value, str) else expr(f"m.{name} = ", value)


def _is_special(name: str) -> bool:
    """Keywords, and dunder names: to Python and type checkers some are no mere attributes."""
    return keyword.iskeyword(name) or name.startswith("__")


def _attempt(body: Statements, error: str, otherwise: Statements) -> Statements:
    lines = (
        "try:",
        *map(indented, body.lines),
        f"except {error}:",
        *map(indented, otherwise.lines),
    )
    return Statements(lines, (*body.assigned, *otherwise.assigned))
