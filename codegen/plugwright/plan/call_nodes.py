"""Which calls are written? The plans of `clients/` and `servicers/`."""

from collections.abc import Iterator
from typing import NamedTuple

from ..python import runtime
from ..python.layout import quote
from ..python.symbols import Code, Expr, builtin, declared, expr, typing


class ParameterPlan(NamedTuple):
    """A parameter of a client method and how it enters the request (`argument`).

    `source`: what of the proto it is: `field NAME`, `oneof NAME`, or `request`.
    """

    name: str
    annotation: Expr
    default: Code | None
    field: str
    argument: Code
    doc: str
    rule: str
    source: str

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

    `result`: what the method returns; `source`: what of the response that is: `field NAME`,
    `whole`, or `nothing`; `answer`: the expression that makes it of the response, which is in the
    variable `local`; `sent`: the one of the request; `twin_of`: the method whose whole response it
    returns; `rules`: how each decision was made, for `plugwright explain`.
    """

    name: str
    rpc: str
    path: str
    kind: str
    request: Code
    response: Code
    parameters: tuple[ParameterPlan, ...]
    result: Expr
    source: str
    sent: str
    local: str
    answer: Code
    idempotent: bool
    doc: str
    rules: tuple[str, ...]
    deprecated: str
    twin_of: str = ""

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
    """The mixins of one domain: for functions, for coroutines, or both."""

    classes: tuple[ClientClassPlan, ...]


class ComposedClientPlan(NamedTuple):
    """A client class made of mixins and the settings it starts with."""

    name: str
    bases: tuple[Code, ...]
    doc: str
    options: Code
    deprecated: str


class ComposedClientsPlan(NamedTuple):
    """The clients of one service."""

    classes: tuple[ComposedClientPlan, ...]


class ServicerMethodPlan(NamedTuple):
    """An RPC as method of a servicer; `messages`: see `messages_of`.

    `nothing`: whether the response has no payload, so that None will do.
    """

    name: str
    rpc: str
    kind: str
    request: Code
    response: Code
    messages: tuple[str, ...]
    nothing: bool
    doc: str

    @property
    def row(self) -> Iterator[Code]:
        """The arguments of its `Rpc`."""
        yield from map(quote, (self.rpc, self.name, *self.messages))
        if self.kind != "unary":
            yield ("" if self.messages else "kind=") + quote(self.kind)
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
    """The base class of what serves a service."""

    name: str
    service: str
    methods: tuple[ServicerMethodPlan, ...]
    errors: Code
