"""What does each kind of field become in Python? One table, one row per kind.

A `Row` holds all that depends on the kind of a single value: its annotation, its zero value, and
how it is read from and written to a protobuf message. Lists, maps and oneofs are built from the
row of their element, their statements in `converters`. Well-known types are rows too, recognised
by full name only, so a message called `Timestamp` in another package stays an ordinary message.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..protos.schema import (
    Enum,
    EnumKind,
    Field,
    Kind,
    ListKind,
    MapKind,
    Message,
    MessageKind,
    Scalar,
    ScalarKind,
    Schema,
    SingularKind,
)
from ..python import runtime
from ..python.symbols import Code, Expr, Symbol, builtin, expr


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
    the reader adds what has unknown fields to a list, `u`. `hides`: whether a field of the message
    hides the method `SetInParent`.
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
    hides: bool = False


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


SCALAR_ROWS = {scalar: _scalar_row(scalar) for scalar in Scalar}
# Text that may be no UTF-8, which protobuf gives as bytes.
_UNCHECKED = SCALAR_ROWS[Scalar.STRING]._replace(read=runtime.text)


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


def is_well_known(field: Field) -> bool:
    """Whether a field holds a well-known type, or several."""
    kind = field.kind
    if isinstance(kind, ListKind | MapKind):
        kind = kind.element if isinstance(kind, ListKind) else kind.value
    return isinstance(kind, MessageKind) and kind.message in WELL_KNOWN


class Kinds(NamedTuple):
    """The rows of one run; `rows`: of well-known and of generated types, by full name."""

    types: Mapping[str, TypeNames]
    rows: Mapping[str, Row]

    def row(self, kind: SingularKind) -> Row:
        if isinstance(kind, ScalarKind):
            return SCALAR_ROWS[kind.type]
        return self.rows[kind.message if isinstance(kind, MessageKind) else kind.enum]

    def row_in(self, field: Field, kind: SingularKind) -> Row:
        """The row of a value in `field`."""
        return self.row(kind) if field.utf8 else _UNCHECKED

    def annotation(self, kind: Kind) -> Expr:
        """The type of a set value of this kind."""
        match kind:
            case ListKind():
                return expr(builtin("list"), "[", self.row(kind.element).annotation, "]")
            case MapKind():
                key = SCALAR_ROWS[kind.key].annotation
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
                return expr("[] if ", name, " is ", runtime.EMPTY_LIST, " else ", name)
            case MapKind():
                return expr("{} if ", name, " is ", runtime.EMPTY_DICT, " else ", name)
            case _:
                return name

    def explicit_default(self, field: Field) -> str | None:
        """A proto2 or editions default as Python source, for the documentation."""
        if field.default is None:
            return None
        match field.kind:
            case EnumKind():
                return self.types[field.kind.enum].members[field.default]
            case ScalarKind():
                return _literal(field.kind.type, field.default)
            case _:
                return field.default


def kinds(types: Mapping[str, TypeNames], schema: Schema) -> Kinds:
    """The rows of all types that fields may have."""
    rows = dict(WELL_KNOWN)
    for name, python in types.items():
        if (enum := schema.enums.get(name)) is not None:
            rows[name] = _enum_row(python, enum)
        elif (message := schema.messages.get(name)) is not None and name not in WELL_KNOWN:
            rows[name] = _message_row(python, message)
    return Kinds(types, rows)


def _enum_row(names: TypeNames, enum: Enum) -> Row:
    return Row(
        annotation=expr(names.model),
        zero=expr(names.model, ".", names.members[enum.values[0].name]),
        read=names.read,
        subscript=True,
    )


def _message_row(names: TypeNames, message: Message) -> Row:
    return Row(
        annotation=expr(names.model),
        zero=None,
        read=names.read,
        fill=names.write,
        generated=True,
        hides=message.field("SetInParent") is not None,
    )


def _literal(scalar: Scalar, text: str) -> str:
    name = python_scalar(scalar)
    if name == "bool":
        return text.capitalize()
    if name == "float":
        value = float(text)
        return repr(value) if math.isfinite(value) else f'float("{text}")'
    return text if name == "int" else repr(text)
