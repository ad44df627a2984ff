"""Messages and enums of a file become model classes.

The context in; the modules of `models/` and `_convert/`, and what the first ones export, out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..protos.schema import Enum, EnumKind, Field, File, Message, Oneof, walk
from ..python import names, runtime
from ..python.symbols import Code, expr
from . import conversion
from .context import Context
from .model_nodes import (
    AttributePlan,
    CasePlan,
    EnumPlan,
    MemberPlan,
    MessagePlan,
    ModelsPlan,
    OneofPlan,
)
from .nodes import PythonModule, noted
from .package import ExportPlan, converters, namespace
from .strictness import of_file

# `self` where a field has that name; no module may be imported under these.
_THIS = ("_self", "_self_")


def modules(context: Context) -> Iterator[PythonModule]:
    """Two modules per file with types, and the packages of them."""
    files = [f for f in context.files if f.messages or f.enums]
    exports: list[ExportPlan] = []
    moved = _moved(context)
    elsewhere = {(now, name): old for old, found in moved.items() for name, now in found}
    for file in files:
        declared = frozenset(_declared(file.messages, context))
        stem = context.stem(file)
        plan = _models(file, declared, context)._replace(moved=moved.pop(stem, ()))
        exports += [
            ExportPlan(name, f".{elsewhere.get((stem, name), stem)}", name) for name in plan.names
        ]
        yield PythonModule(
            path=f"models/{stem}.py",
            template="models.py.j2",
            content=plan,
            doc=noted(file.comment, file.deprecated),
            defines=(*plan.names, *_THIS),
            declares=tuple(sorted(declared)),
            unchecked=of_file(file),
        )
        converting = conversion.module(file, context)
        yield converting._replace(unchecked=(*converting.unchecked, *of_file(file)))
    for stem, found in moved.items():
        yield PythonModule(
            path=f"models/{stem}.py",
            template="models.py.j2",
            content=ModelsPlan((), (), (), moved=found),
            doc="Where models were that other modules have now.",
            defines=tuple(name for name, _ in found),
        )
    yield namespace("models/__init__.py", "Every model of the protos.", exports, context)
    yield converters((context.stem(file) for file in files), context)


def _moved(context: Context) -> dict[str, tuple[tuple[str, str], ...]]:
    """Module -> what was there, each with the module that has it now."""
    found: dict[str, list[tuple[str, str]]] = {}
    for moved in context.moved:
        now = moved.now.module.rpartition(".")[2]
        found.setdefault(moved.module.rpartition(".")[2], []).append((moved.now.name, now))
    return {module: tuple(sorted(names)) for module, names in found.items()}


def _models(file: File, declared: frozenset[str], context: Context) -> ModelsPlan:
    """`declared`: all names that classes of the module bind."""
    stem, usual = context.stem(file), names.module(file.name)
    classes = tuple(_message(m, declared, context) for m in file.messages)
    return ModelsPlan(
        enums=tuple(_enum(e, context) for e in file.enums),
        messages=classes,
        unions=tuple(o for m in walk(classes) for o in m.oneofs),
        rule=f"module: {stem}, for {usual} is that of another file" if stem != usual else "",
    )


def _declared(messages: Iterable[Message], context: Context) -> Iterator[str]:
    """Every name that a class body of these messages binds."""
    for message in walk(messages):
        yield from (names.attribute(f.name) for f in message.fields if f.oneof is None)
        for oneof in message.oneofs:
            yield names.attribute(oneof.name)
            own = context.types[message.full_name].oneofs[oneof.name]
            yield from (own.holder, *own.cases.values())
        yield from (names.type_name(e.path[-1]) for e in message.enums)
        yield from (names.type_name(m.path[-1]) for m in message.messages)


# ---------------------------------------------------------------------- messages


def _message(message: Message, declared: frozenset[str], context: Context) -> MessagePlan:
    attributes = _attributes(message, declared, context)
    taken = {a.name for a in attributes}
    this = "self" if "self" not in taken else _free(_THIS[0], taken)
    if this != "self":
        attributes = tuple(a._replace(this=this) for a in attributes)
    return MessagePlan(
        name=_class_name(message.full_name, context),
        full_name=message.full_name,
        doc=noted(message.comment, message.deprecated),
        attributes=attributes,
        oneofs=tuple(_oneof(message, o, context) for o in message.oneofs),
        secrets=_secrets(message, context),
        messages=tuple(_message(m, declared, context) for m in message.messages),
        enums=tuple(_enum(e, context) for e in message.enums),
        this=this,
        namespace=message.namespace,
        deprecated="" if message.namespace else _warning(message),
        old=tuple(
            names.attribute(f.name)
            for f in message.fields
            if f.deprecated and f.oneof is None and not f.required
        ),
    )


def _class_name(full_name: str, context: Context) -> str:
    return context.types[full_name].model.name.rpartition(".")[2]


def _secrets(message: Message, context: Context) -> tuple[str, ...]:
    hidden = (f for f in message.fields if context.secrets.hides(message, f))
    return tuple(dict.fromkeys(names.attribute(f.oneof or f.name) for f in hidden))


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _warning(declared: Message | Enum) -> str:
    return f"{declared.full_name} is deprecated" if declared.deprecated else ""


# ---------------------------------------------------------------------- fields and oneofs


def _attributes(
    message: Message, declared: frozenset[str], context: Context
) -> tuple[AttributePlan, ...]:
    """One for each field, and one for all fields of a oneof."""
    oneofs = {o.name: o for o in message.oneofs}
    return tuple(
        (
            _oneof_attribute(message, oneofs[field.oneof], context)
            if field.oneof
            else _attribute(field, declared, context)
        )
        for field in message.fields
        if not field.oneof or oneofs[field.oneof].fields[0] is field
    )


def _attribute(field: Field, declared: frozenset[str], context: Context) -> AttributePlan:
    name, kinds = names.attribute(field.name), context.kinds
    default, stored = kinds.default(field), kinds.stored(field, name)
    if isinstance(field.kind, EnumKind) and not field.presence:
        model = context.types[field.kind.enum].model
        # Its class, or the alias that stands for it, may not exist when a default is evaluated.
        if "." in model.name or model.name in declared:
            zero: Code = kinds.row(field.kind).zero or ""
            stored = expr(zero, " if ", name, " is ", runtime.UNSET, " else ", name)
            default = runtime.UNSET
    doc = noted(field.comment, field.deprecated)
    if (explicit := kinds.explicit_default(field)) is not None:
        doc = f"{doc}\n\nUnset reads as {explicit}.".strip()
    return AttributePlan(name, kinds.field_annotation(field), default, stored, doc)


def _oneof_attribute(message: Message, oneof: Oneof, context: Context) -> AttributePlan:
    name = names.attribute(oneof.name)
    own = context.types[message.full_name].oneofs[oneof.name]
    members = ", ".join(f"`{own.cases[f.name]}`" for f in oneof.fields)
    doc = f"{oneof.comment}\n\nOne of {members}; None when unset.".strip()
    return AttributePlan(name, expr(own.union, " | None"), "None", name, doc)


def _oneof(message: Message, oneof: Oneof, context: Context) -> OneofPlan:
    types = context.types[message.full_name]
    own = types.oneofs[oneof.name]
    cases = tuple(_case(message, f, own.cases[f.name], context) for f in oneof.fields)
    # At the top of the module no class hides the name, so its plain text will do.
    path = f"{types.model.name}.{own.holder}"
    return OneofPlan(
        holder=own.holder,
        union=own.union.name,
        members=tuple(f"{path}.{c.name}" for c in cases),
        cases=cases,
        doc=oneof.comment or f"The cases of `{oneof.name}`.",
    )


def _case(message: Message, field: Field, name: str, context: Context) -> CasePlan:
    return CasePlan(
        name=name,
        field=field.name,
        annotation=context.kinds.annotation(field.kind),
        doc=noted(field.comment, field.deprecated),
        deprecated=f"{message.full_name}.{field.name} is deprecated" if field.deprecated else "",
        secret=context.secrets.hides(message, field),
    )


# ---------------------------------------------------------------------- enums


def _enum(enum: Enum, context: Context) -> EnumPlan:
    members = context.types[enum.full_name].members
    return EnumPlan(
        name=_class_name(enum.full_name, context),
        base=runtime.ClosedEnum if enum.closed else runtime.OpenEnum,
        members=tuple(
            MemberPlan(members[v.name], v.number, noted(v.comment, v.deprecated))
            for v in enum.values
        ),
        doc=noted(enum.comment, enum.deprecated),
        deprecated=_warning(enum),
        old=tuple(members[v.name] for v in enum.values if v.deprecated),
    )
