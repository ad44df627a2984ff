"""Which converters are written? A file in, the plan of `_convert/<file>.py` out."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ..protos.schema import Field, File, Message, Oneof, walk
from ..python import names, runtime
from ..python.layout import quote
from ..python.symbols import Code, Expr, builtin, expr, indented, typing
from .context import Context
from .converters import Statements, joined, read, read_set, write, write_set
from .kinds import OneofNames, TypeNames, is_well_known
from .model_nodes import EnumTablePlan
from .nodes import PythonModule


class ConverterPlan(NamedTuple):
    """`read` and `write`: statements between a model `o` and a protobuf message `m`.

    `has`, `merge`: how `m.HasField` and `m.MergeFromString` are reached; "" where not needed.
    `mixed`: whether fields hold well-known types, which have no place for unknown fields.
    `read_variables`, `variables`: those that the reader and the writer declare.
    """

    reader: str
    writer: str
    model: Code
    has: str
    merge: str
    mixed: bool
    read: tuple[Code, ...]
    write: tuple[Code, ...]
    read_variables: tuple[str, ...]
    variables: tuple[str, ...]

    @property
    def read_signature(self) -> tuple[Code, ...]:
        return _READ_SIGNATURE

    @property
    def write_signature(self) -> tuple[Code, ...]:
        return expr("o: ", self.model), _MESSAGE, "/"


_MESSAGE = expr("m: ", typing("Any"))
_READ_SIGNATURE = (_MESSAGE, expr("keep: ", builtin("bool")), "/")


class ConvertersPlan(NamedTuple):
    source: str
    tables: tuple[EnumTablePlan, ...]
    converters: tuple[ConverterPlan, ...]

    @property
    def enums(self) -> Iterator[Code]:
        """The items of `ENUMS`."""
        for t in self.tables:
            yield expr(quote(t.full_name), ": ", t.model)


_LOCALS = (*"moxtkvhweu", "keep", "FILE", "ENUMS")


def module(file: File, context: Context) -> PythonModule:
    """The converters of all messages of a file, and its tables of enums."""
    stem = context.stem(file)
    messages = list(walk(file.messages))
    tables = tuple(
        EnumTablePlan(e.full_name, types.read.name, types.model)
        for e in (*file.enums, *(e for m in messages for e in m.enums))
        for types in (context.types[e.full_name],)
    )
    converters = tuple(_converter(m, context) for m in messages if not m.namespace)
    return PythonModule(
        path=f"_convert/{stem}.py",
        template="convert.py.j2",
        content=ConvertersPlan(file.name, tables, converters),
        defines=(
            *(t.name for t in tables),
            *(n for c in converters for n in (c.reader, c.writer)),
            *_LOCALS,
        ),
        # A oneof is checked at run time too: not every caller has a type checker.
        unchecked=(("reportUnnecessaryIsInstance",) if any(m.oneofs for m in messages) else ()),
    )


def _converter(message: Message, context: Context) -> ConverterPlan:
    types = context.types[message.full_name]
    reading = joined(_reading(message, context))
    writing = joined(_writing(message, context))
    return ConverterPlan(
        reader=types.read.name,
        writer=types.write.name,
        model=types.model,
        has=_method(message, "HasField") if any(map(_has_presence, message.fields)) else "",
        merge=_method(message, "MergeFromString"),
        mixed=any(map(is_well_known, message.fields)),
        read=reading.lines,
        write=writing.lines,
        read_variables=_vague(reading, ("x", "w")),
        variables=(
            *(name for name in ("x", "w") if name in writing.assigned),
            *_vague(writing, ("t", "k", "v")),
        ),
    )


# Of a variable with more assignments than this pyright gives up to infer the type.
_INFERRED = 64


def _vague(statements: Statements, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the variables whose type checkers would not infer."""
    if len(statements.assigned) <= _INFERRED:
        return ()
    times = Counter(statements.assigned)
    return tuple(name for name in names if times[name] > _INFERRED)


def _reading(message: Message, context: Context) -> Iterator[Statements]:
    for field, oneof in _parts(message):
        if oneof is None:
            yield read(field, names.attribute(field.name), context.kinds)
        else:
            yield _read_oneof(message, oneof, context)


def _writing(message: Message, context: Context) -> Iterator[Statements]:
    for field, oneof in _parts(message):
        if oneof is None:
            yield write(field, names.attribute(field.name), context.kinds)
        else:
            yield _write_oneof(message, oneof, context)


def _parts(message: Message) -> Iterator[tuple[Field, Oneof | None]]:
    """The fields in order, of each oneof the first with it."""
    if not message.oneofs:
        yield from ((field, None) for field in message.fields)
        return
    for field in message.fields:
        oneof = next((o for o in message.oneofs if o.name == field.oneof), None)
        if oneof is None or oneof.fields[0] is field:
            yield field, oneof


def _read_oneof(message: Message, oneof: Oneof, context: Context) -> Statements:
    attribute = names.attribute(oneof.name)
    types = context.types[message.full_name]
    which = _method(message, "WhichOneof")
    lines: list[Code] = [f'w = {which}("{oneof.name}")', "if w is None:"]
    lines.append(f"    o.{attribute} = None")
    for field in oneof.fields:
        lines.append(f'elif w == "{field.name}":')
        made = expr(_case(types, oneof, field), "(")
        if field.deprecated:  # reading is no use of it
            made = expr(runtime.new_case, "(", _case(types, oneof, field), ", ")
        lines.append(expr(f"    o.{attribute} = ", made, read_set(field, context.kinds), ")"))
    return Statements(tuple(lines), ("w",))


def _write_oneof(message: Message, oneof: Oneof, context: Context) -> Statements:
    types = context.types[message.full_name]
    head = (f"w = o.{names.attribute(oneof.name)}", "if w is None:", "    pass")
    parts = [Statements(head, ("w",))]
    for field in oneof.fields:
        case = expr("elif isinstance(w, ", _case(types, oneof, field), "):")
        body = write_set(field, "w.value", context.kinds)
        parts.append(Statements((case, *map(indented, body.lines)), body.assigned))
    parts.append(Statements(("else:", expr("    raise ", runtime.not_a_case, "(w)"))))
    return joined(parts)


def _case(types: TypeNames, oneof: Oneof, field: Field) -> Expr:
    own: OneofNames = types.oneofs[oneof.name]
    return expr(types.model, f".{own.holder}.{own.cases[field.name]}")


def _method(message: Message, name: str) -> str:
    """A method of the protobuf message `m`, reached through the class where a field hides it."""
    return f"m.{name}" if message.field(name) is None else f"type(m).{name}.__get__(m)"


def _has_presence(field: Field) -> bool:
    return field.presence and field.oneof is None
