"""How is a hook served? The bytes of a call in, the bytes of the handler's answer out.

A handler that fails, by raising, by taking too long or by returning what its hook does not accept,
is answered by the failure table of the hook's family: the host always gets the answer it is due,
and the log one record. How handlers are called, `rpc.calling` knows.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import grpc

from ..exceptions import LaunchError
from ..failure_log import FAILED_BADLY, report
from ..loops.crossing import abandoned
from ..message.codec import Codec, encode
from ..message.model import Model
from ..rpc.bridged_calls import bridged
from ..rpc.calling import Running, UserCall
from ..rpc.conventions import StatusErrors
from ..rpc.embedding import Embedding
from ..rpc.ended import Ended, not_implemented
from ..rpc.failures import PluginAPIError, StatusError, Unimplemented, status_text, text_of
from .prelude import with_preludes
from .spec import HookSpec
from .table import HookTable, Registration, registered
from .values import Answer, Arguments, WrongResult

if TYPE_CHECKING:
    from .http_hook import HTTPHook


class Dispatcher:
    """Serves the hooks of one plugin instance.

    `log` gets a record with the traceback of every failure.
    """

    def __init__(
        self, plugin: object, table: HookTable, log: logging.Logger, running: Running
    ) -> None:
        self.plugin = plugin
        self.table = table
        self.log = log
        self.running = running
        self.registered = registered(type(plugin), table)
        self.timeout = _timeout(table)

    def handlers(self) -> grpc.GenericRpcHandler:
        """The gRPC handlers: those of the plugin's hooks, and the list of their names."""
        made: dict[str, Any] = {}
        calls: dict[str, Any] = {}
        for name, spec in self.table.specs.items():
            registration = self.registered.get(name)
            if spec.family == "http":
                made[name] = self._http(spec, registration)
            elif registration is not None:
                calls[name] = HookCall(self, spec, registration).serve
        if self.table.before:
            calls = with_preludes(calls, self.table.before, self.log)
        for name, serve in calls.items():
            made[name] = grpc.unary_unary_rpc_method_handler(serve)
        if self.table.implemented:
            made[self.table.implemented] = grpc.unary_unary_rpc_method_handler(self._implemented)
        handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(
            self.table.service, made
        )
        return handler

    def _http(self, spec: HookSpec, registration: Registration | None) -> Any:
        """The HTTP hook; one that the plugin does not handle answers 404."""
        if registration is not None:
            made = self._http_hook(spec, getattr(self.plugin, registration.method))
            return bridged(grpc.stream_stream_rpc_method_handler(made.serve), self.running.place)

        async def unhandled(requests: Any, context: Any) -> None:
            from ..http import not_found  # most plugins never need it

            await self._http_hook(spec, not_found).serve(requests, context)

        return grpc.stream_stream_rpc_method_handler(unhandled)

    def _http_hook(self, spec: HookSpec, handler: Any) -> HTTPHook:
        from .http_hook import HTTPHook

        return HTTPHook(self.table.package, spec, handler, self.running.executor, self.log)

    async def _implemented(self, data: bytes, context: Any) -> bytes:
        """The names of the hooks, as the runtime knows them from the class."""
        service, rpc = self.table.service, self.table.implemented
        response = self.table.package.codec(
            f"{service.rpartition('.')[0]}.{rpc}Response".lstrip(".")
        )
        return encode(response.model(hooks=self.table.told(self.registered)))


def _timeout(table: HookTable) -> float:
    """Seconds a unary hook may take: from the environment if it says so."""
    text = os.environ.get(table.timeout_env, "") if table.timeout_env else ""
    if not text:
        return table.timeout
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise LaunchError(f"{table.timeout_env} must be a number of seconds, got {text!r}")
    return seconds


class HookCall(UserCall):
    """One unary hook of one plugin: bytes in, bytes out."""

    def __init__(self, dispatcher: Dispatcher, spec: HookSpec, registration: Registration) -> None:
        handler = getattr(dispatcher.plugin, registration.method)
        super().__init__(spec.name, handler, dispatcher.running, dispatcher.log)
        package = dispatcher.table.package
        self.spec = spec
        self.timeout = registration.timeout or dispatcher.timeout
        self.on_error = registration.on_error
        self.response: Codec[Any] = package.codec(spec.response)
        taken = spec.taking(registration.arguments)
        self.arguments = Arguments(taken, package.codec(spec.request))
        self.encode = Answer(spec, self.response).encode
        self.errors = (dispatcher.table.errors or StatusErrors()).of(spec.name)
        self.embed = self.errors.embedding(self.response)
        self.last_resort = self._last_resort()

    def seen(self, data: bytes, context: Any) -> tuple[bytes]:
        return (data,)

    def _last_resort(self) -> bytes | None:
        """The answer of a handler of whose failure nothing can be told; None if that is a status.

        Made beforehand: then there may be no memory, and no descriptor to import a module with.
        """
        if self.embed is not None:
            return encode(self._embedded(self.embed, None, FAILED_BADLY))
        if self.on_error is not None:
            return encode(self.response.model(**{self.spec.rejected: self.on_error.reason}))
        return None

    def told(self, error: BaseException) -> bytes:
        """By the failure table of the hook's family."""
        if isinstance(error, Ended):
            return self._answer(error)
        if isinstance(error, StatusError) and self.on_error is None:
            text = error.message
            if isinstance(error, Unimplemented):
                text = not_implemented(error, self.name)
            raise Ended(self.errors.code(error), text, error) from None
        carried = error if isinstance(error, PluginAPIError) else None
        text = status_text(_text(error), self.most // 2)
        return self._answer(Ended(grpc.StatusCode.INTERNAL, text, error), carried)

    def _answer(self, ended: Ended, carried: PluginAPIError | None = None) -> bytes:
        """The answer in place of a status, if there is one."""
        if not (isinstance(ended.error, WrongResult) and abandoned()):
            report(self.log, ended.error, "%s: %s", self.name, ended.text)
        if self.embed is not None:
            return encode(self._embedded(self.embed, carried, ended.text))
        if self.last_resort is not None:
            return self.last_resort
        raise ended from None

    def _embedded(self, embed: Embedding, carried: PluginAPIError | None, text: str) -> Model:
        """The answer with the error; a message of one has all its fields filled."""
        answer = embed(carried or PluginAPIError(text))
        statuses = carried.http_statuses if carried is not None else ()
        defaults = {
            "id": self.spec.error_id,
            "status_code": statuses[0] if statuses else 500,
            "where": self.name,
            "message": text,
            # Go hosts drop `message`: the text must be in `detailed_error` too.
            "detailed_error": text,
        }
        model = getattr(answer, self.errors.field)
        if isinstance(model, Model):
            for field, value in defaults.items():
                current = getattr(model, field, None)
                if type(current) is type(value) and not current:
                    setattr(model, field, value)
        return answer


def _text(error: BaseException) -> str:
    """What a host is told of an exception, of any."""
    text = text_of(error)
    if not isinstance(error, PluginAPIError | WrongResult):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text
