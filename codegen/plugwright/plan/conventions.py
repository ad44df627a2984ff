"""How does a service say that a call failed, and which fields of a response are part of that?

A style is a row of `STYLES`; the class of that row in the runtime does the work on both sides of a
call. `error_tables` makes the `Convention` of each service from the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..protos.schema import Field, Kind, ListKind, Message, MessageKind, Scalar, ScalarKind
from ..python import layout, names, runtime
from ..python.symbols import Code, Symbol, called, expr


class Style(NamedTuple):
    """A class of the runtime, and the keys it needs with their defaults ("" = must be set)."""

    cls: Symbol
    keys: Mapping[str, Any]


USUAL_TEXT = "message"
STYLES = {
    "message": Style(runtime.MessageErrors, {"message": "", "field": "error", "text": USUAL_TEXT}),
    "code": Style(runtime.CodeErrors, {"field": "error", "code": "error_code"}),
    "diagnostics": Style(
        runtime.DiagnosticErrors,
        {
            "message": "",
            "field": "diagnostics",
            "severity": "severity",
            "summary": "summary",
            "detail": "detail",
            "failing": ("ERROR",),
        },
    ),
    "status": Style(runtime.StatusErrors, {}),
}
EXCEPTIONS = tuple(error.name for error in runtime.STATUS_ERRORS)
STATUSES = (
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
_INTEGERS = frozenset(Scalar) - {
    Scalar.DOUBLE,
    Scalar.FLOAT,
    Scalar.BOOL,
    Scalar.STRING,
    Scalar.BYTES,
}


class Convention(NamedTuple):
    """How a service says that a call failed.

    `keys`: the settings of the style, none left open; `type`: full name of the message with the
    failure, "" if the style has none; `numbers`: those of the failing severities. `rpcs`: the RPCs
    that say it another way.
    """

    style: str
    keys: Mapping[str, Any]
    type: str
    numbers: tuple[int, ...]
    embed_all: bool
    statuses: Mapping[str, str]
    rpcs: tuple[tuple[str, Convention], ...] = ()

    def of(self, rpc: str) -> Convention:
        """How a call of that RPC says it."""
        return dict(self.rpcs).get(rpc, self)

    def fields(self, response: Message) -> tuple[Field, ...]:
        """The fields of `response` that tell of a failure: they are no payload."""
        wanted, kind = self.keys.get("field"), self._kind
        found = tuple(plain(response, lambda f: f.name == wanted and f.kind == kind))
        if found and self.style == "code":
            found += tuple(f for f in plain(response, is_integer) if f.name == self.keys["code"])
        return found

    def candidates(self, response: Message) -> Iterator[Field]:
        """The fields that could hold a failure, whatever they are called."""
        kind = self._kind
        return plain(response, lambda f: f.kind == kind)

    @property
    def _kind(self) -> Kind | None:
        """What a field that tells of a failure holds; None: there is no such field."""
        if self.style == "message":
            return MessageKind(self.type)
        if self.style == "code":
            return ScalarKind(Scalar.STRING)
        return ListKind(MessageKind(self.type)) if self.style == "diagnostics" else None

    @property
    def place(self) -> str:
        """The type of the field that tells of a failure, for people."""
        special = {"code": "string", "diagnostics": f"repeated {self.type}"}
        return special.get(self.style, self.type)

    def rules(self, response: Message) -> Iterator[str]:
        """How a failure of a call with that response is told, for people."""
        if told := ", ".join(f.name for f in self.fields(response)):
            yield f"failures: told by {told} of the response (style {self.style!r})"
        for code, cls in self.statuses.items():
            yield f"failures: the status {code} is {cls}"

    @property
    def declaration(self) -> Code:
        """The object of the runtime; "" if it says nothing."""
        arguments: list[Code] = [f"{name}={value}" for name, value in self._arguments()]
        if self.rpcs:
            arguments.append(expr("rpcs={", *self._declared_rpcs(), "}"))
        return called(STYLES[self.style].cls, *arguments) if arguments else ""

    def _declared_rpcs(self) -> Iterator[Code]:
        for number, (rpc, convention) in enumerate(self.rpcs):
            declared = convention.declaration or called(STYLES[convention.style].cls)
            yield expr(", " if number else "", f"{layout.quote(rpc)}: ", declared)

    def _arguments(self) -> Iterator[tuple[str, str]]:
        for key, value in self.keys.items():
            if key == "message":
                yield "type", layout.quote(self.type)
            elif key == "failing":
                comma = "," if len(self.numbers) == 1 else ""
                yield key, f"({', '.join(map(str, self.numbers))}{comma})"
            elif (key, value) != ("text", USUAL_TEXT):
                yield key, layout.quote(names.attribute(value))
        if self.embed_all:
            yield "embed_all", "True"
        if self.statuses:
            rows = (f'"{status}": "{cls}"' for status, cls in self.statuses.items())
            yield "statuses", f"{{{', '.join(rows)}}}"


NO_CONVENTION = Convention("status", {}, "", (), False, {})


def plain(message: Message, fits: Callable[[Field], bool]) -> Iterator[Field]:
    return (f for f in message.fields if f.oneof is None and fits(f))


def is_integer(field: Field) -> bool:
    return isinstance(field.kind, ScalarKind) and field.kind.type in _INTEGERS
