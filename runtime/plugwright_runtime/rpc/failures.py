"""Which exception is a failed call, and which status tells a peer of an exception?

A status or an embedded error in, a `PluginAPIError` out, and back. Programs find the exceptions in
`errors`, with all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import grpc

from ..exceptions import PlugwrightError
from .message_size import too_large

if TYPE_CHECKING:
    from ..message.wkt import AnyMessage


class PluginAPIError(PlugwrightError):
    """A call failed.

    The fields are those of the error the peer embedded in its answer; after a plain gRPC status,
    `message`, `status_code` and, where the text carries one, `id` are recovered from it.

    message: text for people. id: stable identifier of the kind of error. detailed_error: text for
    developers. request_id: the request in the host's log. status_code: HTTP status, 0 if unknown.
    where: the host's function that failed. params: values for a translated text. rpc: the method
    that was called. code: the gRPC status (OK if the error was embedded), None if built by hand.
    error_code: the number a service gives the error beside its text, 0 if none. diagnostics: the
    models of its list of diagnostics, warnings too. details: what `google.rpc.Status` carries with
    a status. response: the answer the error was embedded in, for its other fields; raised by a
    servicer's method, one of its own type is the answer that the error is put into.
    """

    http_statuses: ClassVar[tuple[int, ...]] = ()
    grpc_codes: ClassVar[tuple[grpc.StatusCode, ...]] = ()

    def __init__(
        self,
        message: str = "",
        *,
        id: str = "",
        detailed_error: str = "",
        request_id: str = "",
        status_code: int = 0,
        where: str = "",
        params: Mapping[str, Any] | None = None,
        rpc: str = "",
        code: grpc.StatusCode | None = None,
        error_code: int = 0,
        diagnostics: Iterable[Any] = (),
        details: Iterable[AnyMessage] = (),
        response: Any = None,
    ) -> None:
        self.message = message
        self.id = id
        self.detailed_error = detailed_error
        self.request_id = request_id
        self.status_code = status_code
        self.where = where
        self.params = dict(params) if params is not None else None
        self.rpc = rpc
        self.code = code
        self.error_code = error_code
        self.diagnostics: tuple[Any, ...] = tuple(diagnostics)
        self.details: tuple[AnyMessage, ...] = tuple(details)
        self.response = response
        super().__init__(message)

    def __str__(self) -> str:
        code = None if self.code is grpc.StatusCode.OK else self.code
        text = self.message or (code.name if code else type(self).__name__)
        if self.id:
            text += f" [{self.id}]"
        if self.status_code:
            text += f" ({self.status_code})"
        return text

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self.message, self.id, self.status_code, self.rpc))


class ValidationError(PluginAPIError):
    """The request is not acceptable as it stands (HTTP 400), or a message of the call is too large
    for gRPC (413).
    """

    http_statuses = (400,)
    grpc_codes = (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
    )


class PermissionDeniedError(PluginAPIError):
    """Not signed in, or not allowed (HTTP 401, 403)."""

    http_statuses = (401, 403)
    grpc_codes = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)


class NotFoundError(PluginAPIError):
    """There is no such thing (HTTP 404)."""

    http_statuses = (404,)
    grpc_codes = (grpc.StatusCode.NOT_FOUND,)


class AlreadyExistsError(PluginAPIError):
    """It exists, or was changed in the meantime (HTTP 409)."""

    http_statuses = (409,)
    grpc_codes = (grpc.StatusCode.ALREADY_EXISTS,)


class UnavailableError(PluginAPIError):
    """The host cannot answer now: not reachable, too slow, or too busy (HTTP 429, 503)."""

    http_statuses = (429, 503)
    grpc_codes = (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    )


class StatusError(PluginAPIError):
    """A failure that a handler tells by its gRPC status, also where answers can embed errors.

    `raise StatusError("not initialised", code=grpc.StatusCode.FAILED_PRECONDITION)`
    """


class Unimplemented(StatusError):
    """The handler is not there (UNIMPLEMENTED): to many peers, "use your default"."""

    grpc_codes = (grpc.StatusCode.UNIMPLEMENTED,)


class Abort(StatusError):
    """All is said and done, go no further (ABORTED): to many peers, "show nothing"."""

    grpc_codes = (grpc.StatusCode.ABORTED,)


_TREE = (
    ValidationError,
    PermissionDeniedError,
    NotFoundError,
    AlreadyExistsError,
    UnavailableError,
)
_BY_HTTP = {status: cls for cls in _TREE for status in cls.http_statuses}
_BY_CODE = {code: cls for cls in _TREE for code in cls.grpc_codes}
# The HTTP status that stands for a gRPC code, as gRPC gateways map them.
HTTP_OF_CODE = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
# What an error message may have beside its text; what is of another type is none of these.
_FIELDS: Mapping[str, type] = {
    "id": str,
    "detailed_error": str,
    "request_id": str,
    "status_code": int,
    "where": str,
    "params": Mapping,
}
# An error id is a dotted path of words, as in "app.user.missing_account.const".
_ID_AND_TEXT = r"(?s)(?P<id>\w+(?:\.\w+)+): (?P<text>.*)"


def from_embedded(error: Any, rpc: str, text: str = "message") -> PluginAPIError:
    """The exception for an error message that a response carries, with all its fields; `text`: the
    attribute that says what happened.
    """
    fields: dict[str, Any] = {
        name: value
        for name, kind in _FIELDS.items()
        if isinstance(value := getattr(error, name, None), kind)
    }
    cls = _BY_HTTP.get(fields.get("status_code", 0), PluginAPIError)
    message: str | None = getattr(error, text, "")
    return cls(message or "", **fields, rpc=rpc, code=grpc.StatusCode.OK)


def from_status(
    code: grpc.StatusCode,
    text: str | None,
    rpc: str,
    cls: type[PluginAPIError] | None = None,
    details: Iterable[AnyMessage] = (),
) -> PluginAPIError:
    """The exception for a gRPC status; `id: message` in its text is taken apart.

    RESOURCE_EXHAUSTED may be 413 or 429: the HTTP status is known if gRPC itself says so of a
    message that is too large, which no second try will change, and left unset otherwise.

    `cls`: what the service makes of the status, None if it says nothing of it.
    """
    made = _BY_CODE.get(code, PluginAPIError) if cls is None else cls
    status = HTTP_OF_CODE.get(code, 500)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        status = 0
        if refused := too_large(text or "", rpc):
            made, text, status = cls or ValidationError, refused, 413
    elif text == "Method not found!":  # gRPC's own, and it keeps the name to itself
        text = f"{rpc} is not served there"
    found = re.fullmatch(_ID_AND_TEXT, text or "")
    return made(
        found["text"] if found else text or "",
        id=found["id"] if found else "",
        status_code=status,
        rpc=rpc,
        code=code,
        details=details,
    )


def code_of(error: PluginAPIError) -> grpc.StatusCode:
    """The gRPC status that tells a peer of `error`, where no answer can embed it."""
    if error.code is not None and error.code is not grpc.StatusCode.OK:
        return error.code
    if type(error).grpc_codes:
        return type(error).grpc_codes[0]
    by_http = {http: code for code, http in reversed(HTTP_OF_CODE.items())}
    by_http[413] = grpc.StatusCode.RESOURCE_EXHAUSTED
    return by_http.get(error.status_code, grpc.StatusCode.INTERNAL)


def code_named(name: str) -> grpc.StatusCode:
    """The gRPC status called `name`, as in "NOT_FOUND"."""
    return grpc.StatusCode[name]


def status_text(text: str, most: int) -> str:
    """`text` as Unicode of at most `most` bytes; one that was cut says so."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode()
    note = f"... (cut: {len(data)} bytes)"
    return data[: most - len(note)].decode("utf-8", "ignore") + note


def text_of(error: BaseException) -> str:
    """`str(error)` of any exception, as Unicode: it may fail, or hold lone surrogates."""
    try:
        text = str(error)
    except BaseException:  # one that exits is no better
        return "(an exception without a text)"
    return text.encode("utf-8", "replace").decode("utf-8")
