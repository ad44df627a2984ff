"""Which Python is written: the plan that templates see, with no descriptor in it.

Everything is decided here; a template only loops and prints. `Code` values contain symbols, which
the module's import table spells when they are printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..python import runtime
from ..python.layout import quote
from ..python.symbols import Code, Expr, Symbol, builtin, expr, plain, typing


def noted(comment: str, deprecated: bool) -> str:
    """The comment, and that the element is deprecated if the comment does not say so."""
    if not deprecated or "deprecated" in comment.lower():
        return comment
    return f"{comment}\n\nDeprecated: the host may remove it.".strip()


def declared(name: str, annotation: Code, default: Code | None) -> Code:
    """A parameter as a signature declares it."""
    head = f"{name}: "
    if default is None:
        return expr(head, annotation)
    if isinstance(default, str):
        return expr(head, annotation, f" = {default}")
    return expr(head, annotation, " = ", default)


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
    messages: tuple[MessagePlan, ...]
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

    @property
    def declaration(self) -> Code:
        return declared(self.name, self.annotation, self.default)

    @property
    def given(self) -> Code:
        """Its field of the request, as an argument."""
        if isinstance(self.argument, str):
            return f"{self.field}={self.argument}"
        return expr(f"{self.field}=", self.argument)


_OPTIONS = (
    expr("timeout: ", builtin("float"), " | None = None"),
    expr("metadata: ", runtime.Metadata, " | None = None"),
)


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

    @property
    def gives_stream(self) -> bool:
        return self.kind in ("server_stream", "bidi_stream")

    @property
    def takes_stream(self) -> bool:
        return self.kind in ("client_stream", "bidi_stream")

    def signature(self, is_async: bool) -> Iterator[Code]:
        """Its parameters, each as it is declared."""
        yield "self"
        if self.takes_stream:
            iterable = typing("AsyncIterable" if is_async else "Iterable")
            yield expr("requests: ", iterable, "[", self.request, "]")
        yield from (p.declaration for p in self.parameters if p.default is None)
        yield "*"
        yield from (p.declaration for p in self.parameters if p.default is not None)
        yield from _OPTIONS

    def returns(self, is_async: bool) -> Code:
        """The type of what it returns."""
        if not self.gives_stream:
            return self.result
        return expr(typing("AsyncIterator" if is_async else "Iterator"), "[", self.result, "]")

    @property
    def given(self) -> str:
        """The variable that goes to the server; "" if the parameters are fields of the request."""
        if self.takes_stream:
            return "requests"
        whole = self.parameters and not self.parameters[0].field
        return self.parameters[0].name if whole else ""


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

    @property
    def row(self) -> Iterator[Code]:
        """The arguments of its `Rpc`."""
        texts = (self.rpc, self.name, self.kind, self.request_name, self.response_name)
        yield from map(quote, texts)
        if self.nothing:
            yield "nothing=True"

    @property
    def signature(self) -> tuple[Code, ...]:
        """Its parameters, each as it is declared."""
        request: Code = expr("request: ", self.request)
        if self.kind in ("client_stream", "bidi_stream"):
            request = expr("requests: ", runtime.Requests, "[", self.request, "]")
        return ("self", request, expr("context: ", runtime.ServerContext), "/")

    @property
    def returns(self) -> Code:
        """The type of what it returns."""
        if self.kind in ("server_stream", "bidi_stream"):
            return expr(runtime.Replies, "[", self.response, "]")
        return expr(runtime.Reply, "[", self.response, " | None]" if self.nothing else "]")


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
