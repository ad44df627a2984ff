"""Which Python is written: the plan that templates see, with no descriptor in it.

Everything is decided here; a template only loops and prints. `Code` values contain symbols, which
the module's import table spells when they are printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..python.symbols import Code, Expr, Symbol, expr, plain


def noted(comment: str, deprecated: bool) -> str:
    """The comment, and that the element is deprecated if the comment does not say so."""
    if not deprecated or "deprecated" in comment.lower():
        return comment
    return f"{comment}\n\nDeprecated: the host may remove it.".strip()


class ModulePlan(NamedTuple):
    """One file of the package.

    `path`: relative to the SDK's folder; `module`: dotted, relative to the package (`.hooks`), or
    "" for a file that is no Python; `defines`: its top-level names; `declares`: every name a class
    of it declares; `lazy`: model modules load at first use; `content`: what the template prints;
    `unchecked`: rules of pyright's strict mode that the names of the protos break.
    """

    path: str
    template: str
    module: str
    content: Any
    defines: tuple[str, ...] = ()
    declares: tuple[str, ...] = ()
    lazy: bool = False
    unchecked: tuple[str, ...] = ()


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

    doc: str
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
    messages: tuple[MessagePlan, ...]
    enums: tuple[EnumPlan, ...]
    this: str
    deprecated: str
    old: tuple[str, ...]
    namespace: bool

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.attributes)


class ModelsPlan(NamedTuple):
    doc: str
    enums: tuple[EnumPlan, ...]
    messages: tuple[MessagePlan, ...]
    unions: tuple[OneofPlan, ...]
    rule: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The top-level names of the module."""
        enums = (e.name for e in self.enums)
        return (
            *enums,
            *(m.name for m in self.messages),
            *(o.union for o in self.unions),
        )


class ParameterPlan(NamedTuple):
    """A parameter of a client method and how it enters the request (`argument`)."""

    name: str
    annotation: Expr
    default: Code | None
    field: str
    argument: Code
    doc: str
    rule: str


class MethodPlan(NamedTuple):
    """An RPC as method. `kind`: unary, server_stream, client_stream or bidi_stream.

    `result`: what the method returns; `answer`: the expression that makes it of the response,
    which is in the variable `local`;
    `rules`: how each decision was made, for `plugwright explain`.
    """

    name: str
    rpc: str
    path: str
    kind: str
    request: Code
    response: Code
    parameters: tuple[ParameterPlan, ...]
    result: Expr
    local: str
    answer: Code
    idempotent: bool
    doc: str
    rules: tuple[str, ...]
    deprecated: str


class ClientClassPlan(NamedTuple):
    name: str
    base: Code
    is_async: bool
    methods: tuple[MethodPlan, ...]
    doc: str


class ClientsPlan(NamedTuple):
    doc: str
    classes: tuple[ClientClassPlan, ...]


class ComposedClientPlan(NamedTuple):
    """A client class made of mixins and the settings it starts with."""

    name: str
    bases: tuple[Code, ...]
    doc: str
    options: Code
    deprecated: str


class ComposedClientsPlan(NamedTuple):
    doc: str
    classes: tuple[ComposedClientPlan, ...]


class ServicerMethodPlan(NamedTuple):
    """An RPC as method of a servicer; `request_name` and `response_name` are full names.

    `nothing`: whether the response has no payload, so that None will do.
    """

    name: str
    rpc: str
    kind: str
    request: Code
    response: Code
    request_name: str
    response_name: str
    nothing: bool
    doc: str


class ServicerPlan(NamedTuple):
    doc: str
    name: str
    comment: str
    service: str
    methods: tuple[ServicerMethodPlan, ...]
    errors: Code


class HookPlan(NamedTuple):
    """A hook: its handler's static type and what the dispatcher needs to know.

    `arguments`: (name, type, source) of each handler parameter; `types`: their types as texts;
    `result`: types of its answer;
    `results`: the response's fields that an answer goes to; `rejects`: whether `on_error` exists.
    """

    name: str
    method: str
    snake: str
    family: str
    arguments: tuple[tuple[str, Expr, str], ...]
    types: tuple[str, ...]
    result: tuple[Expr, ...]
    rejects: bool
    request: str
    response: str
    results: tuple[str, ...]
    rejected: str
    dismiss: str
    error_id: str
    doc: str
    rules: tuple[str, ...]

    @property
    def argument_names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.arguments)

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(plain(result) for result in self.result)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(source for _, _, source in self.arguments)


class AccessorPlan(NamedTuple):
    """A property of `Plugin` that is a client of the host's API."""

    name: str
    client: Symbol
    doc: str


class HooksPlan(NamedTuple):
    """`accessors`: how plugins reach the API; none if the host has none."""

    doc: str
    service: str
    comment: str
    hooks: tuple[HookPlan, ...]
    implemented: str
    errors: Code
    timeout: float
    timeout_env: str
    before: Mapping[str, tuple[str, ...]]
    accessors: tuple[AccessorPlan, ...]
    title: str
    starts: bool


class TestingPlan(NamedTuple):
    """`hooks`: the client that calls hooks, for coroutines if `is_async`.

    `manifest`: the file that has the id of a plugin, "" if there is none.
    """

    doc: str
    servicer: Symbol
    hooks: Symbol
    is_async: bool
    startup: tuple[str, ...]
    shutdown: tuple[str, ...]
    manifest: str


class Plan(NamedTuple):
    """All files of one SDK, and the decisions `inspect` and `explain` show."""

    package: str
    modules: tuple[ModulePlan, ...]
    methods: tuple[MethodPlan, ...]
    hooks: tuple[HookPlan, ...]
