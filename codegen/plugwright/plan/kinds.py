"""What does each kind of field become in Python? One table, one row per kind.

A `Row` holds all that depends on the kind of a single value: its annotation, its zero value, and
how it is read from and written to a protobuf message. Lists, maps and oneofs are built from the
row of their element. Well-known types are rows too, recognised by full name only, so a message
called `Timestamp` in another package stays an ordinary message.

In the code that is built here, `m` is the protobuf message, `o` the model, `h` is `m.HasField`.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, assert_never

from ..protos.schema import (
    EnumKind,
    Field,
    Kind,
    ListKind,
    MapKind,
    MessageKind,
    Scalar,
    ScalarKind,
    Schema,
    SingularKind,
)
from ..python import runtime
from ..python.symbols import Code, Expr, Symbol, builtin, expr, indented


class OneofNames(NamedTuple):
    """`holder`: the class its cases are nested in; `union`: the alias of them all; `cases`: the
    class of each field."""

    holder: str
    union: Symbol
    cases: Mapping[str, str]


class TypeNames(NamedTuple):
    """Where the types of one proto message or enum live in the generated package.

    `model`: the class; `read` and `write`: its converters (for an enum, `read` is the table from
    number to member, `members` the member of each value); `oneofs`: those of a message by name.
    """

    model: Symbol
    read: Symbol
    write: Symbol
    members: Mapping[str, str]
    oneofs: Mapping[str, OneofNames]


class Row(NamedTuple):
    """`read`: None = the value as it is; `subscript` = `read[v]`, else `read(v)`.

    `fill`: a function that writes into a sub-message; None = plain assignment. `check`: the value
    as it is assigned, from its source; it refuses what protobuf would change in silence. `noted`:
    the reader adds what has unknown fields to a list, `u`.
    """

    annotation: Expr
    zero: Code | None
    read: Symbol | None = None
    subscript: bool = False
    fill: Symbol | None = None
    check: Callable[[str], Code] | None = None
    always: bool = False
    generated: bool = False
    noted: bool = False


_PYTHON = {
    Scalar.DOUBLE: "float",
    Scalar.FLOAT: "float",
    Scalar.BOOL: "bool",
    Scalar.STRING: "str",
    Scalar.BYTES: "bytes",
}
_ZERO = {"float": "0.0", "bool": "False", "str": '""', "bytes": 'b""', "int": "0"}


def python_scalar(scalar: Scalar) -> str:
    """The Python type of a scalar.

    >>> python_scalar(Scalar.SFIXED64), python_scalar(Scalar.BYTES)
    ('int', 'bytes')
    """
    return _PYTHON.get(scalar, "int")


# protobuf would write infinity for a large float, text for bytes, True for any number.
_CHECKS: Mapping[Scalar, Callable[[str], Code]] = {
    Scalar.FLOAT: lambda v: expr(runtime.float32, f"({v})"),
    Scalar.STRING: lambda v: f'"" + {v}',
    Scalar.BOOL: lambda v: expr(f"{v} if {v} is True else ", runtime.boolean, f"({v})"),
}


def _scalar_row(scalar: Scalar) -> Row:
    name = python_scalar(scalar)
    return Row(
        annotation=expr(builtin(name)),
        zero=_ZERO[name],
        check=_CHECKS.get(scalar),
        always=name == "float",  # -0.0 is false, yet not the default
    )


_SCALAR_ROWS = {scalar: _scalar_row(scalar) for scalar in Scalar}
# Text that may be no UTF-8, which protobuf gives as bytes.
_UNCHECKED = _SCALAR_ROWS[Scalar.STRING]._replace(read=runtime.text)


def _well_known(annotation: Expr, read: Symbol, write: Symbol) -> Row:
    return Row(annotation, None, read, fill=write, noted=True)


def _wrapper(scalar: Scalar) -> Row:
    python = expr(builtin(python_scalar(scalar)))
    return _well_known(python, runtime.read_wrapper, runtime.write_wrapper)


_JSON_OBJECT = expr(runtime.JSONObject)
_JSON_VALUE = expr(runtime.JSONValue)
WELL_KNOWN: Mapping[str, Row] = {
    "google.protobuf.Struct": _well_known(_JSON_OBJECT, runtime.read_struct, runtime.write_struct),
    "google.protobuf.Value": _well_known(_JSON_VALUE, runtime.read_value, runtime.write_value),
    "google.protobuf.ListValue": _well_known(
        expr(builtin("list"), "[", _JSON_VALUE, "]"),
        runtime.read_list_value,
        runtime.write_list_value,
    ),
    "google.protobuf.Timestamp": _well_known(
        expr(Symbol("datetime", "datetime")), runtime.read_timestamp, runtime.write_timestamp
    ),
    "google.protobuf.Duration": _well_known(
        expr(Symbol("datetime", "timedelta")), runtime.read_duration, runtime.write_duration
    ),
    "google.protobuf.Any": _well_known(
        expr(runtime.AnyMessage), runtime.read_any, runtime.write_any
    ),
    "google.protobuf.Empty": _well_known(
        expr(runtime.Empty), runtime.read_empty, runtime.write_empty
    ),
    "google.protobuf.FieldMask": _well_known(
        expr(runtime.FieldMask), runtime.read_field_mask, runtime.write_field_mask
    ),
    "google.protobuf.DoubleValue": _wrapper(Scalar.DOUBLE),
    "google.protobuf.FloatValue": _wrapper(Scalar.FLOAT),
    "google.protobuf.Int64Value": _wrapper(Scalar.INT64),
    "google.protobuf.UInt64Value": _wrapper(Scalar.UINT64),
    "google.protobuf.Int32Value": _wrapper(Scalar.INT32),
    "google.protobuf.UInt32Value": _wrapper(Scalar.UINT32),
    "google.protobuf.BoolValue": _wrapper(Scalar.BOOL),
    "google.protobuf.StringValue": _wrapper(Scalar.STRING),
    "google.protobuf.BytesValue": _wrapper(Scalar.BYTES),
}
JSON_TYPES = frozenset(
    {"google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"}
)


def is_well_known(field: Field) -> bool:
    """Whether a field holds a well-known type, or several."""
    kind = field.kind
    if isinstance(kind, ListKind | MapKind):
        kind = kind.element if isinstance(kind, ListKind) else kind.value
    return isinstance(kind, MessageKind) and kind.message in WELL_KNOWN


class Kinds:
    """The rows of one run: scalars and well-known types, and the generated types by full name."""

    def __init__(self, types: Mapping[str, TypeNames], schema: Schema) -> None:
        self._types = types
        self._enums = schema.enums
        self._rows: dict[SingularKind, Row] = {}
        # Messages with a field that hides the method of that name.
        self._hiding = frozenset(
            m.full_name
            for m in schema.messages.values()
            if any(f.name == "SetInParent" for f in m.fields)
        )

    def row(self, kind: SingularKind) -> Row:
        if isinstance(kind, ScalarKind):
            return _SCALAR_ROWS[kind.type]
        row = self._rows.get(kind)
        if row is None:
            row = self._rows[kind] = self._row(kind)
        return row

    def _row(self, kind: EnumKind | MessageKind) -> Row:
        match kind:
            case EnumKind():
                names = self._types[kind.enum]
                first = self._enums[kind.enum].values[0].name
                return Row(
                    annotation=expr(names.model),
                    zero=expr(names.model, ".", names.members[first]),
                    read=names.read,
                    subscript=True,
                )
            case MessageKind():
                if kind.message in WELL_KNOWN:
                    return WELL_KNOWN[kind.message]
                names = self._types[kind.message]
                model = expr(names.model)
                return Row(model, None, names.read, fill=names.write, generated=True)
            case _:
                assert_never(kind)

    def _row_in(self, field: Field, kind: SingularKind) -> Row:
        """The row of a value in `field`."""
        return self.row(kind) if field.utf8 else _UNCHECKED

    def annotation(self, kind: Kind) -> Expr:
        """The type of a set value of this kind."""
        match kind:
            case ListKind():
                return expr(builtin("list"), "[", self.row(kind.element).annotation, "]")
            case MapKind():
                key = _SCALAR_ROWS[kind.key].annotation
                value = self.row(kind.value).annotation
                return expr(builtin("dict"), "[", key, ", ", value, "]")
            case _:
                return self.row(kind).annotation

    def field_annotation(self, field: Field) -> Expr:
        """The type of the field's attribute: `T | None` where unset differs from the default."""
        annotation = self.annotation(field.kind)
        if field.presence and not field.required:
            return expr(annotation, " | None")
        return annotation

    def default(self, field: Field) -> Code | None:
        """What a new model holds in this field; None = the caller must say."""
        match field.kind:
            case ListKind():
                return runtime.EMPTY_LIST
            case MapKind():
                return runtime.EMPTY_DICT
            case _:
                if field.required:
                    return None
                return "None" if field.presence else self.row(field.kind).zero

    def stored(self, field: Field, name: str) -> Code:
        """What `__init__` stores: a fresh container for each instance that gets none."""
        match field.kind:
            case ListKind():
                return expr(
                    "[] if ",
                    name,
                    " is ",
                    runtime.EMPTY_LIST,
                    " else ",
                    name,
                )
            case MapKind():
                return expr(
                    "{} if ",
                    name,
                    " is ",
                    runtime.EMPTY_DICT,
                    " else ",
                    name,
                )
            case _:
                return name

    # ------------------------------------------------------------------ protobuf -> model

    def read(self, field: Field, attribute: str) -> list[Code]:
        """The statements that read a field outside a oneof into `o.<attribute>`."""
        source = get(field.name)
        match field.kind:
            case ListKind():
                element = _read_value(self._row_in(field, field.kind.element), "v")
                known = f" if (x := {source}) else []"
                return [expr(f"o.{attribute} = ", _read_items(element), known)]
            case MapKind():
                return self._read_map(field, field.kind, attribute)
            case _:
                value = self.read_set(field)
                if field.presence and not field.required:
                    if field.kind == MessageKind("google.protobuf.Value"):
                        # None says that the field is not set, so null is something else.
                        value = expr(runtime.read_set_value, f"({source}, u)")
                    return [
                        expr(
                            f"o.{attribute} = ",
                            value,
                            f' if h("{field.name}") else None',
                        )
                    ]
                if field.required:
                    other = expr(runtime.missing, f'("{field.name}")')
                    value = expr(value, f' if h("{field.name}") else ', other)
                return [expr(f"o.{attribute} = ", value)]

    def _read_map(self, field: Field, kind: MapKind, attribute: str) -> list[Code]:
        row = self._row_in(field, kind.value)
        value = _read_value(row, "x[k]") or "x[k]"
        checked = field.utf8_key or kind.key is not Scalar.STRING
        # Reading a message may use it up, so no key may turn out bad after that.
        keys = "[*x]" if row.generated and not checked else "x"
        made = expr(f"o.{attribute} = {{k: ", value, " for k in ")
        known = f"}} if (x := {get(field.name)}) else {{}}"
        lines: list[Code] = [expr(made, keys, known)]
        if checked:
            return lines
        entries = expr(runtime.read_entries)
        unchecked: list[Code] = [
            expr("x = ", entries, f'(m, "{field.name}")'),
            expr(made, "x}"),
        ]
        return _attempt(lines, "UnicodeDecodeError", unchecked)

    def read_set(self, field: Field) -> Code:
        """The expression that reads a singular field that is known to be set."""
        assert not isinstance(field.kind, ListKind | MapKind)
        source = get(field.name)
        return _read_value(self._row_in(field, field.kind), source) or source

    # ------------------------------------------------------------------ model -> protobuf

    def write(self, field: Field, attribute: str) -> list[Code]:
        """The statements that write a field outside a oneof from `o.<attribute>`."""
        value = f"o.{attribute}"
        match field.kind:
            case ListKind():
                return self._write_list(field, field.kind, attribute)
            case MapKind():
                return self._write_map(field, field.kind, value)
            case _:
                row = self.row(field.kind)
                if field.required:
                    return self.write_set(field, value)
                if field.presence:
                    return _guarded(value, "is not None", self.write_set(field, "x"))
                if row.always:
                    return self.write_set(field, value)
                return _guarded(value, _is_set(field.kind), self.write_set(field, "x"))

    def write_set(self, field: Field, value: str) -> list[Code]:
        """The statements that set a singular field to `value`, marking it as present."""
        assert not isinstance(field.kind, ListKind | MapKind)
        row = self.row(field.kind)
        hidden = isinstance(field.kind, MessageKind) and field.kind.message in self._hiding
        if not field.utf8:
            arguments = f'(m, "{field.name}", {field.number}, {value})'
            return [expr(runtime.put_text, arguments)]
        if row.fill is None:
            return [put(field.name, row.check(value) if row.check else value)]
        return [
            f"t = {get(field.name)}",
            (expr(runtime.set_in_parent, "(t)") if hidden else "t.SetInParent()"),
            expr(row.fill, f"({value}, t)"),
        ]

    def _write_list(self, field: Field, kind: ListKind, attribute: str) -> list[Code]:
        row, name = self.row(kind.element), field.name
        listed = expr(runtime.listed, f'(o, "{attribute}")')
        body: list[Code] = ["if x.__class__ is not list:", expr("    x = ", listed)]
        values: Code = "x"
        if row.fill is not None:
            body += [f"t = {get(name)}.add", "for v in x:"]
            body.append(expr("    ", row.fill, "(v, t())"))
        elif not field.utf8:
            arguments = f'(m, "{name}", {field.number}, x)'
            body.append(expr(runtime.extend_text, arguments))
        else:
            if kind.element == ScalarKind(Scalar.STRING):
                body.append(expr(runtime.all_text, "(x)"))
            elif row.check:
                values = expr("[", row.check("v"), " for v in x]")
            body += [f"t = {get(name)}", expr("t.extend(", values, ")")]
        return _guarded(f"o.{attribute}", "or x.__class__ is not list", body)

    def _write_map(self, field: Field, kind: MapKind, value: str) -> list[Code]:
        row, name = self.row(kind.value), field.name
        check_key = _SCALAR_ROWS[kind.key].check
        entry = expr("t[", check_key("k") if check_key else "k", "]")
        body: list[Code] = [
            f"t = {get(name)}",
            "for k, v in x.items():",
            indented(_store(row, entry)),
        ]
        text_key = kind.key is Scalar.STRING and not field.utf8_key
        if text_key or not field.utf8:
            entries = expr(runtime.write_entries)
            put = expr(runtime.put_text, '(e, "value", 2, v)')
            store = _store(row, expr("e.value")) if field.utf8 else put
            unchecked: list[Code] = [
                expr("t = ", entries, f'(m, "{name}", {field.number}, x)'),
                "for v, e in t:",
                indented(store),
            ]
            body = _attempt(body, "UnicodeEncodeError", unchecked)
        return _guarded(value, "or x.__class__ is not dict", body)

    def explicit_default(self, field: Field) -> str | None:
        """A proto2 or editions default as Python source, for the documentation."""
        if field.default is None:
            return None
        match field.kind:
            case EnumKind():
                return self._types[field.kind.enum].members[field.default]
            case ScalarKind():
                return _literal(field.kind.type, field.default)
            case _:
                return field.default


def get(name: str) -> str:
    """Reading a field of a protobuf message; some names cannot stand behind a dot."""
    return f'getattr(m, "{name}")' if _is_special(name) else f"m.{name}"


def _is_special(name: str) -> bool:
    """Keywords, and dunder names: to Python and type checkers some are no mere attributes."""
    return keyword.iskeyword(name) or name.startswith("__")


def put(name: str, value: Code) -> Code:
    """Assigning a field of a protobuf message."""
    if _is_special(name):
        return expr(f'setattr(m, "{name}", ', value, ")")
    return f"m.{name} = {value}" if isinstance(value, str) else expr(f"m.{name} = ", value)


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


def _attempt(body: list[Code], error: str, otherwise: list[Code]) -> list[Code]:
    return [
        "try:",
        *map(indented, body),
        f"except {error}:",
        *map(indented, otherwise),
    ]


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


def _guarded(value: str, condition: Code, body: list[Code]) -> list[Code]:
    """`body`, which uses `x`, unless `value` is the default: anything else reaches protobuf,
    which rejects a wrong type, so a stray None or "" is never written as zero in silence.
    """
    if len(value) > _LONG:
        head: list[Code] = [f"x = {value}", expr("if x ", condition, ":")]
    else:
        head = [expr(f"if (x := {value}) ", condition, ":")]
    return [*head, *map(indented, body)]


# A condition with a name beyond this would not fit into a line.
_LONG = 36


def _literal(scalar: Scalar, text: str) -> str:
    name = python_scalar(scalar)
    if name == "bool":
        return text.capitalize()
    if name == "float":
        value = float(text)
        return repr(value) if math.isfinite(value) else f'float("{text}")'
    return text if name == "int" else repr(text)
