"""Which models and converters are written? The plans of `models/` and `_reused.py`."""

from typing import NamedTuple

from ..python.layout import words
from ..python.symbols import Code, Expr, builtin, declared, expr


class EnumTablePlan(NamedTuple):
    """The table from number to member of an enum."""

    full_name: str
    name: str
    model: Code


class ReusedConverterPlan(NamedTuple):
    reader: str
    writer: str
    model: Code


class ReusedPlan(NamedTuple):
    """The converters of types that other packages have."""

    tables: tuple[EnumTablePlan, ...]
    converters: tuple[ReusedConverterPlan, ...]


class AttributePlan(NamedTuple):
    """A field or oneof of a model: parameter, annotation, default (None = required)."""

    name: str
    annotation: Expr
    default: Code | None
    stored: Code
    doc: str
    this: str = "self"

    @property
    def declaration(self) -> Code:
        return expr(self.name, ": ", self.annotation)

    @property
    def parameter(self) -> Code:
        return declared(self.name, self.annotation, self.default)

    @property
    def assignment(self) -> Code:
        return expr(self.this, ".", self.name, " = ", self.stored)


class CasePlan(NamedTuple):
    """One member of a oneof: a class with a `value`, which is not shown if it is `secret`.

    Here and below, `deprecated` is what a warning says; "" if there is nothing to warn of.
    """

    name: str
    field: str
    annotation: Expr
    doc: str
    deprecated: str
    secret: bool

    @property
    def declaration(self) -> Code:
        return expr("value: ", self.annotation)


class OneofPlan(NamedTuple):
    """`holder`: the class its cases are nested in; `union`: the alias of them all."""

    holder: str
    union: str
    members: tuple[str, ...]
    cases: tuple[CasePlan, ...]
    doc: str


class MemberPlan(NamedTuple):
    name: str
    number: int
    doc: str


class EnumPlan(NamedTuple):
    """`old`: the members that are deprecated."""

    name: str
    base: Code
    members: tuple[MemberPlan, ...]
    doc: str
    deprecated: str
    old: tuple[str, ...]


class MessagePlan(NamedTuple):
    """A model class.

    `this`: the first parameter's name, which is another where a field is called `self`; `old`: the
    attributes that are deprecated; `namespace`: no model, but the class that models are nested in.
    """

    name: str
    full_name: str
    doc: str
    attributes: tuple[AttributePlan, ...]
    oneofs: tuple[OneofPlan, ...]
    secrets: tuple[str, ...]
    messages: "tuple[MessagePlan, ...]"
    enums: tuple[EnumPlan, ...]
    this: str
    deprecated: str
    old: tuple[str, ...]
    namespace: bool

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.attributes)

    @property
    def parameters(self) -> tuple[Code, ...]:
        """Those of `__init__`."""
        unknown = expr("__unknown__: ", builtin("bytes"), ' = b""')
        return (self.this, "*", *(a.parameter for a in self.attributes), unknown)


class ModelsPlan(NamedTuple):
    """`rule`: why the module has another name than its file gives it, for `explain`.

    `moved`: what was here and is elsewhere now, with the module beside this one that has it.
    """

    enums: tuple[EnumPlan, ...]
    messages: tuple[MessagePlan, ...]
    unions: tuple[OneofPlan, ...]
    rule: str = ""
    moved: tuple[tuple[str, str], ...] = ()

    @property
    def imported(self) -> tuple[tuple[str, str], ...]:
        """The module of each that has moved, and what stands behind `import`."""
        return tuple((f".{module}", f"{name} as {name}") for name, module in self.moved)

    @property
    def targets(self) -> str:
        """The dictionary that `lazy_names` of the runtime takes."""
        found: dict[str, list[str]] = {}
        for name, module in self.moved:
            found.setdefault(f"..{module}", []).append(name)
        return words(found.items(), "        ")

    @property
    def names(self) -> tuple[str, ...]:
        """The top-level names of the module."""
        enums = (e.name for e in self.enums)
        return (
            *enums,
            *(m.name for m in self.messages),
            *(o.union for o in self.unions),
        )
