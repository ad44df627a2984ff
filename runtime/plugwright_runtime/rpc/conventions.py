"""How does a service say that a call failed? A declarative object for each, for both sides.

| class              | a call that failed                                                       |
|--------------------|--------------------------------------------------------------------------|
| `StatusErrors`     | ends with a gRPC status                                                  |
| `MessageErrors`    | is answered with a message in the field `error`                          |
| `CodeErrors`       | is answered with a text in `error` and a number in `error_code`          |
| `DiagnosticErrors` | is answered with a list of diagnostics, one of which is severe enough    |

A client asks `failure` of each answer and `exception` of each status. A servicer asks `embeds` of
each exception; `embedding` makes the function that puts one into an answer. Where an answer has no
place for it, and for a `StatusError`, the status says it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import grpc

from ..exceptions import FieldError, PlugwrightError
from ..message.codec import Codec
from ..message.model import Model
from . import failures
from .embedding import (
    Embedding,
    answer_with,
    error_model,
    fits,
    is_integer,
    is_list,
    message_of,
    peer_text,
)
from .failures import PluginAPIError, StatusError, from_embedded

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class Options(TypedDict, total=False):
        """What every convention can be told; see `StatusErrors`."""

        statuses: Mapping[str, str]
        embed_all: bool
        rpcs: Mapping[str, StatusErrors]


_log = logging.getLogger("plugwright.rpc")
# A peer may send any number of diagnostics: so many are told in a text.
_TOLD = 10


class WrongReply(PlugwrightError, TypeError):
    """A servicer's method returned what its response is not, such as None."""


class StatusErrors:
    """Failures are gRPC statuses; the base of the conventions that embed them.

    `statuses`: name of a status -> name of the exception that clients raise for it, and that
    servicers answer with it. `embed_all`: whether every exception is embedded with its text, and
    not the `PluginAPIError`s alone. `rpcs`: those that say it another way. `field`: the response's
    field with the failure, "" for none.
    """

    field = ""

    def __init__(
        self,
        *,
        statuses: Mapping[str, str] | None = None,
        embed_all: bool = False,
        rpcs: Mapping[str, StatusErrors] | None = None,
    ) -> None:
        self.embed_all = embed_all
        self._rpcs = rpcs or {}
        self._exceptions: dict[grpc.StatusCode, type[PluginAPIError]] = {
            grpc.StatusCode[code]: getattr(failures, name)
            for code, name in (statuses or {}).items()
        }

    def of(self, rpc: str) -> StatusErrors:
        """How a call of that RPC says it."""
        return self._rpcs.get(rpc, self)

    def exception(self, code: grpc.StatusCode) -> type[PluginAPIError] | None:
        """The class of exceptions that `code` stands for here, None if for nothing special."""
        return self._exceptions.get(code)

    def code(self, error: PluginAPIError) -> grpc.StatusCode:
        """The status that tells a peer of `error`.

        A status that a call to another peer ended with does not get the meaning it has here.
        """
        if error.rpc and error.code in self._exceptions:
            if not isinstance(error, (StatusError, self._exceptions[error.code])):
                return grpc.StatusCode.INTERNAL
        elif error.code is None or error.code is grpc.StatusCode.OK:
            for cls in type(error).__mro__:
                own: tuple[grpc.StatusCode, ...] = cls.__dict__.get("grpc_codes", ())
                codes = [c for c, told in self._exceptions.items() if told is cls]
                if codes and cls is not PluginAPIError:
                    return next((c for c in own if c in codes), codes[0])
                if own:
                    break
        return failures.code_of(error)

    def failure(self, response: Any, rpc: str) -> PluginAPIError | None:
        """The failure that a client finds in `response`."""
        return None

    def told(self, error: BaseException, rpc: str) -> BaseException:
        """What the peer is told instead of `error`, which a handler raised: the place for a policy
        of one service, such as keeping texts of bugs from people. The log has `error` itself.
        """
        return error

    def embeds(self, error: BaseException) -> bool:
        """Whether `error` is put into an answer that has a place for it."""
        told = self.embed_all or isinstance(error, PluginAPIError)
        return told and not isinstance(error, StatusError)

    def embedding(self, response: Codec[Any]) -> Embedding | None:
        """What makes an answer of an exception; None if `response` has no place for one."""
        return None


class MessageErrors(StatusErrors):
    """A failed call is answered with a message `type` in the field `field`; `text`: the attribute
    of that message which says what happened.
    """

    def __init__(
        self, *, field: str, type: str, text: str = "message", **options: Unpack[Options]
    ) -> None:
        super().__init__(**options)
        self.field = field
        self.type = type
        self.text = text

    def failure(self, response: Any, rpc: str) -> PluginAPIError | None:
        embedded = getattr(response, self.field, None)
        if isinstance(embedded, Model) and embedded.__proto__ == self.type:
            error = from_embedded(embedded, rpc, self.text)
            error.response = response
            return error
        return None

    def embedding(self, response: Codec[Any]) -> Embedding | None:
        field = response.field(self.field)
        if message_of(field) != self.type or is_list(field):
            return None
        cls = response.package.message(self.type)

        def embed(error: PluginAPIError) -> Model:
            model = error_model(cls, error)
            if self.text != "message":
                setattr(model, self.text, peer_text(error))
            return answer_with(response, error, {self.field: model})

        return embed


class CodeErrors(StatusErrors):
    """A failed call is answered with a text in `field`, and a number in `code` if there is one.

    The number of an error without one of its own is 1.
    """

    def __init__(self, *, field: str, code: str, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.field = field
        self.code_field = code

    def failure(self, response: Any, rpc: str) -> PluginAPIError | None:
        text = getattr(response, self.field, None)
        if text is not None and not isinstance(text, str):
            return None
        code = getattr(response, self.code_field, 0)
        code = code if type(code) is int else 0
        if not text and (not code or not hasattr(response, self.field)):
            return None
        return PluginAPIError(
            text or f"error {code}",
            error_code=code or 1,
            rpc=rpc,
            code=grpc.StatusCode.OK,
            response=response,
        )

    def embeds(self, error: BaseException) -> bool:
        # A peer of such a service takes a status for the end of the process.
        return isinstance(error, WrongReply) or super().embeds(error)

    def embedding(self, response: Codec[Any]) -> Embedding | None:
        field = response.field(self.field)
        if field is None or field.type != field.TYPE_STRING or is_list(field):
            return None
        number = response.field(self.code_field)
        coded = number is not None and is_integer(number) and not is_list(number)

        def embed(error: PluginAPIError) -> Model:
            fields: dict[str, Any] = {self.field: peer_text(error)}
            if not coded:
                return answer_with(response, error, fields)
            code = error.error_code if error.error_code > 1 else 1
            try:
                return answer_with(response, error, fields | {self.code_field: code})
            except FieldError:  # a number the field cannot hold
                return answer_with(response, error, fields | {self.code_field: 1})

        return embed


class DiagnosticErrors(StatusErrors):
    """A failed call is answered with a list of messages `type`, one of them of a failing severity.

    `severity`, `summary`, `detail`: fields of the message; `failing`: numbers of the severities
    that fail a call, the first of which a servicer uses. Others alone are logged, and left where
    they are.
    """

    def __init__(
        self,
        *,
        field: str,
        type: str,
        severity: str,
        summary: str,
        detail: str,
        failing: tuple[int, ...],
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self.field = field
        self.type = type
        self.severity = severity
        self.summary = summary
        self.detail = detail
        self.failing = failing

    def failure(self, response: Any, rpc: str) -> PluginAPIError | None:
        found: Any = getattr(response, self.field, None)
        if not isinstance(found, list) or not self._are_diagnostics(found):
            return None
        failing = [d for d in found if getattr(d, self.severity) in self.failing]
        if not failing:
            _log.warning("%s: %s", rpc, self._told(found, self.summary))
            return None
        return PluginAPIError(
            self._told(failing, self.summary),
            detailed_error=self._told(failing, self.detail),
            diagnostics=found,
            rpc=rpc,
            code=grpc.StatusCode.OK,
            response=response,
        )

    def _are_diagnostics(self, values: list[Any]) -> bool:
        return bool(values) and getattr(values[0], "__proto__", "") == self.type

    def _told(self, diagnostics: Iterable[Any], field: str) -> str:
        texts = [t for d in diagnostics if (t := getattr(d, field))]
        more = len(texts) - _TOLD
        return "; ".join(texts[:_TOLD]) + (f"; and {more} more" if more > 0 else "")

    def embedding(self, response: Codec[Any]) -> Embedding | None:
        field = response.field(self.field)
        if message_of(field) != self.type or not is_list(field):
            return None
        cls: Callable[..., Model] = response.package.message(self.type)

        def embed(error: PluginAPIError) -> Model:
            carried = [
                d for d in error.diagnostics if getattr(d, "__proto__", "") == self.type and fits(d)
            ]
            if not any(getattr(d, self.severity) in self.failing for d in carried):
                detail = str(error.detailed_error).encode("utf-8", "replace").decode()
                made = {self.severity: self.failing[0], self.summary: peer_text(error)}
                carried.append(cls(**made | {self.detail: detail}))
            return answer_with(response, error, {self.field: carried})

        return embed
