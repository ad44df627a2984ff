"""Messages and enums of a file become model classes and converters.

Schema file in; the plans of `models/<file>.py` and `_convert/<file>.py` out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..protos.schema import Enum, EnumKind, Field, File, Message, Oneof
from ..python import layout, names, runtime
from ..python.symbols import Code, Expr, expr, indented
from .conversion import ConverterPlan, ConvertersPlan, EnumTablePlan
from .kinds import Kinds, TypeNames, is_well_known
from .nodes import (
    AttributePlan,
    CasePlan,
    EnumPlan,
    MemberPlan,
    MessagePlan,
    ModelsPlan,
    ModulePlan,
    OneofPlan,
    noted,
)
from .secrets import Secrets

# `self` where a field has that name; no module may be imported under these.
_THIS = ("_self", "_self_")


class ModelPlanner:
    """Plans the models of one run; `secrets` says which fields are never shown."""

    def __init__(
        self,
        types: dict[str, TypeNames],
        kinds: Kinds,
        secrets: Secrets,
    ) -> None:
        self.types = types
        self.kinds = kinds
        self.secrets = secrets
        self.declared: frozenset[str] = frozenset()

    def modules(self, file: File) -> Iterator[ModulePlan]:
        """The two modules of a file; nothing if it declares no type of its own."""
        if not file.messages and not file.enums:
            return
        declared = (file.messages or file.enums)[0].full_name
        module = self.types[declared].model.module.rpartition(".")[2]
        usual = names.module(file.name)
        self.declared = frozenset(_declared(file.messages, self.types))
        classes = tuple(self._message(m) for m in file.messages)
        plan = ModelsPlan(
            doc=noted(file.comment, file.deprecated),
            enums=tuple(self._enum(e) for e in file.enums),
            messages=classes,
            unions=tuple(unions(classes)),
            rule=(
                f"module: {module}, for {usual} is that of another file" if module != usual else ""
            ),
        )
        yield ModulePlan(
            path=f"models/{module}.py",
            template="models.py.j2",
            module=f".models.{module}",
            content=plan,
            defines=(*plan.names, *_THIS),
            declares=tuple(sorted(self.declared)),
        )
        yield self._converters(file, module)

    # ------------------------------------------------------------------ classes

    def _message(self, message: Message) -> MessagePlan:
        attributes: list[AttributePlan] = []
        done: set[str] = set()
        for field in message.fields:
            if field.oneof is None:
                plan = self._attribute(field)
            elif field.oneof not in done:
                done.add(field.oneof)
                oneof = next(o for o in message.oneofs if o.name == field.oneof)
                plan = self._oneof_attribute(message, oneof)
            else:
                continue
            attributes.append(plan)
        taken = {a.name for a in attributes}
        this = "self" if "self" not in taken else _free(_THIS[0], taken)
        if this != "self":
            attributes = [a._replace(this=this) for a in attributes]
        return MessagePlan(
            name=self._class_name(message.full_name),
            full_name=message.full_name,
            doc=noted(message.comment, message.deprecated),
            attributes=tuple(attributes),
            oneofs=tuple(self._oneof(message, o) for o in message.oneofs),
            secrets=tuple(
                dict.fromkeys(
                    names.attribute(f.oneof or f.name)
                    for f in message.fields
                    if self.secrets.hides(message, f)
                )
            ),
            messages=tuple(self._message(m) for m in message.messages if m.full_name in self.types),
            enums=tuple(self._enum(e) for e in message.enums),
            this=this,
            namespace=message.namespace,
            deprecated="" if message.namespace else _warning(message),
            old=tuple(
                names.attribute(f.name)
                for f in message.fields
                if f.deprecated and f.oneof is None and not f.required
            ),
        )

    def _class_name(self, full_name: str) -> str:
        return self.types[full_name].model.name.rpartition(".")[2]

    def _attribute(self, field: Field) -> AttributePlan:
        name = names.attribute(field.name)
        default = self.kinds.default(field)
        stored = self.kinds.stored(field, name)
        if isinstance(field.kind, EnumKind) and not field.presence:
            model = self.types[field.kind.enum].model
            # Its class, or the alias that stands for it, may not exist when a default is evaluated.
            if "." in model.name or model.name in self.declared:
                zero = self.kinds.row(field.kind).zero or ""
                unset = runtime.UNSET
                stored = expr(zero, " if ", name, " is ", unset, " else ", name)
                default = unset
        doc = noted(field.comment, field.deprecated)
        if (explicit := self.kinds.explicit_default(field)) is not None:
            doc = f"{doc}\n\nUnset reads as {explicit}.".strip()
        return AttributePlan(name, self.kinds.field_annotation(field), default, stored, doc)

    def _oneof_attribute(self, message: Message, oneof: Oneof) -> AttributePlan:
        name = names.attribute(oneof.name)
        union = self.types[message.full_name].oneofs[oneof.name].union
        cases = self.types[message.full_name].oneofs[oneof.name].cases
        members = ", ".join(f"`{cases[f.name]}`" for f in oneof.fields)
        doc = f"{oneof.comment}\n\nOne of {members}; None when unset.".strip()
        return AttributePlan(name, expr(union, " | None"), "None", name, doc)

    def _case(self, message: Message, oneof: Oneof, field: Field) -> Expr:
        types = self.types[message.full_name]
        own = types.oneofs[oneof.name]
        return expr(types.model, f".{own.holder}.{own.cases[field.name]}")

    def _oneof(self, message: Message, oneof: Oneof) -> OneofPlan:
        types = self.types[message.full_name]
        oneof_names = types.oneofs[oneof.name]
        cases: list[CasePlan] = []
        for field in oneof.fields:
            name = oneof_names.cases[field.name]
            doc = noted(field.comment, field.deprecated)
            annotation = self.kinds.annotation(field.kind)
            old = f"{message.full_name}.{field.name}" if field.deprecated else ""
            warning = f"{old} is deprecated" if old else ""
            secret = self.secrets.hides(message, field)
            cases.append(CasePlan(name, field.name, annotation, doc, warning, secret))
        # At the top of the module no class hides the name, so its plain text will do.
        path = f"{types.model.name}.{oneof_names.holder}"
        return OneofPlan(
            holder=oneof_names.holder,
            union=oneof_names.union.name,
            members=tuple(f"{path}.{c.name}" for c in cases),
            cases=tuple(cases),
            doc=oneof.comment or f"The cases of `{oneof.name}`.",
        )

    def _enum(self, enum: Enum) -> EnumPlan:
        members = self.types[enum.full_name].members
        return EnumPlan(
            name=self._class_name(enum.full_name),
            base=runtime.ClosedEnum if enum.closed else runtime.OpenEnum,
            members=tuple(
                MemberPlan(members[v.name], v.number, noted(v.comment, v.deprecated))
                for v in enum.values
            ),
            doc=noted(enum.comment, enum.deprecated),
            deprecated=_warning(enum),
            old=tuple(members[v.name] for v in enum.values if v.deprecated),
        )

    # ------------------------------------------------------------------ converters

    def _converters(self, file: File, module: str) -> ModulePlan:
        messages = list(self._walk(file.messages))
        enums = [*file.enums, *(e for m in messages for e in m.enums)]
        tables = tuple(
            EnumTablePlan(layout.quote(e.full_name), types.read.name, types.model)
            for e in enums
            for types in (self.types[e.full_name],)
        )
        converters = tuple(self._converter(m) for m in messages if not m.namespace)
        return ModulePlan(
            path=f"_convert/{module}.py",
            template="convert.py.j2",
            module=f"._convert.{module}",
            content=ConvertersPlan(file.name, tables, converters),
            defines=(
                *(t.name for t in tables),
                *(n for c in converters for n in (c.reader, c.writer)),
                *(
                    "m",
                    "o",
                    "x",
                    "t",
                    "k",
                    "v",
                    "h",
                    "w",
                    "keep",
                    "FILE",
                    "CODECS",
                    "ENUMS",
                ),
            ),
            # A oneof is checked at run time too: not every caller has a type checker.
            unchecked=(("reportUnnecessaryIsInstance",) if any(m.oneofs for m in messages) else ()),
        )

    def _walk(self, messages: tuple[Message, ...]) -> Iterator[Message]:
        for message in messages:
            if message.full_name in self.types:
                yield message
                yield from self._walk(message.messages)

    def _converter(self, message: Message) -> ConverterPlan:
        types = self.types[message.full_name]
        read: list[Code] = []
        write: list[Code] = []
        done: set[str] = set()
        for field in message.fields:
            if field.oneof is None:
                name = names.attribute(field.name)
                read += self.kinds.read(field, name)
                write += self.kinds.write(field, name)
            elif field.oneof not in done:
                done.add(field.oneof)
                oneof = next(o for o in message.oneofs if o.name == field.oneof)
                read += self._read_oneof(message, oneof)
                write += self._write_oneof(message, oneof)
        return ConverterPlan(
            reader=types.read.name,
            writer=types.write.name,
            model=types.model,
            has=(_method(message, "HasField") if any(map(_has_presence, message.fields)) else ""),
            merge=_method(message, "MergeFromString"),
            mixed=any(map(is_well_known, message.fields)),
            read=tuple(read),
            write=tuple(write),
        )

    def _read_oneof(self, message: Message, oneof: Oneof) -> list[Code]:
        attribute = names.attribute(oneof.name)
        which = _method(message, "WhichOneof")
        lines: list[Code] = [f'w = {which}("{oneof.name}")', "if w is None:"]
        lines.append(f"    o.{attribute} = None")
        for field in oneof.fields:
            lines.append(f'elif w == "{field.name}":')
            made = expr(self._case(message, oneof, field), "(")
            if field.deprecated:  # reading is no use of it
                new_case = runtime.new_case
                made = expr(new_case, "(", self._case(message, oneof, field), ", ")
            value = self.kinds.read_set(field)
            lines.append(expr(f"    o.{attribute} = ", made, value, ")"))
        return lines

    def _write_oneof(self, message: Message, oneof: Oneof) -> list[Code]:
        attribute = names.attribute(oneof.name)
        lines: list[Code] = [f"w = o.{attribute}", "if w is None:", "    pass"]
        for field in oneof.fields:
            case = self._case(message, oneof, field)
            lines.append(expr("elif isinstance(w, ", case, "):"))
            lines += map(indented, self.kinds.write_set(field, "w.value"))
        lines.append("else:")
        lines.append(expr("    raise ", runtime.not_a_case, "(w)"))
        return lines


def _method(message: Message, name: str) -> str:
    """A method of the protobuf message `m`, reached through the class where a field hides it."""
    return f"m.{name}" if message.field(name) is None else f"type(m).{name}.__get__(m)"


def _has_presence(field: Field) -> bool:
    return field.presence and field.oneof is None


def _declared(messages: Iterable[Message], types: Mapping[str, TypeNames]) -> Iterator[str]:
    """Every name that a class body of these messages binds."""
    for message in messages:
        if message.full_name not in types:
            continue
        yield from (names.attribute(f.name) for f in message.fields if f.oneof is None)
        for oneof in message.oneofs:
            yield names.attribute(oneof.name)
            own = types[message.full_name].oneofs[oneof.name]
            yield from (own.holder, *own.cases.values())
        yield from (names.type_name(e.path[-1]) for e in message.enums)
        yield from (names.type_name(m.path[-1]) for m in message.messages)
        yield from _declared(message.messages, types)


def unions(messages: tuple[MessagePlan, ...]) -> Iterator[OneofPlan]:
    """The oneofs of these messages and of all that is nested in them."""
    for message in messages:
        yield from message.oneofs
        yield from unions(message.messages)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _warning(declared: Message | Enum) -> str:
    return f"{declared.full_name} is deprecated" if declared.deprecated else ""
