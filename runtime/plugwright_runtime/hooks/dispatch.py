"""How is a hook served? The bytes of a call in, the bytes of the handler's answer out.

Coroutines run on the loop of handlers, functions in the executor. A handler that fails, by raising,
by taking too long or by returning what its hook does not accept, is answered by the failure table
of the hook's family: the host always gets the answer it is due, and the log one record.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import os
from collections.abc import Awaitable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import grpc

from ..errors import LaunchError
from ..failure_log import FAILED_BADLY, report
from ..limits import STATUS_BYTES
from ..loops.crossing import Overloaded, abandoned, adopt, cancelled, in_thread
from ..loops.deadlines import Deadlines, lift
from ..loops.places import Here, Place
from ..message.codec import Codec, encode
from ..message.model import Model
from ..rpc.bridged_calls import bridged
from ..rpc.conventions import Embedding, StatusErrors
from ..rpc.ended import Ended
from ..rpc.failures import PluginAPIError, StatusError, Unimplemented, status_text, text_of
from ..rpc.servicer import ends_the_call, not_implemented
from .prelude import with_preludes
from .spec import HookSpec
from .table import HookTable, Registration, registered
from .values import Answer, Arguments, WrongResult

if TYPE_CHECKING:
    from .http_hook import HTTPHook


class Dispatcher:
    """Serves the hooks of one plugin instance.

    `executor`: where plain functions run. `place`: where coroutines run, the loop of the server if
    None. `log` gets a record with the traceback of every failure. `status_bytes`: of the details of
    an error that the host takes, to be set before `handlers`.
    """

    def __init__(
        self,
        plugin: object,
        table: HookTable,
        executor: Executor,
        log: logging.Logger,
        place: Place | None = None,
    ) -> None:
        self.plugin = plugin
        self.table = table
        self.executor = executor
        self.log = log
        self.place = place or Here()
        self.status_bytes = STATUS_BYTES
        self.registered = registered(type(plugin), table)
        self.timeout = _timeout(table)
        self.deadlines = Deadlines()

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
            return bridged(grpc.stream_stream_rpc_method_handler(made.serve), self.place)

        async def unhandled(requests: Any, context: Any) -> None:
            from ..http import not_found  # most plugins never need it

            await self._http_hook(spec, not_found).serve(requests, context)

        return grpc.stream_stream_rpc_method_handler(unhandled)

    def _http_hook(self, spec: HookSpec, handler: Any) -> HTTPHook:
        from .http_hook import HTTPHook

        return HTTPHook(self.table.package, spec, handler, self.executor, self.log)

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


class HookCall:
    """One unary hook of one plugin: bytes in, bytes out."""

    def __init__(self, dispatcher: Dispatcher, spec: HookSpec, registration: Registration) -> None:
        package = dispatcher.table.package
        self.dispatcher = dispatcher
        self.most = dispatcher.status_bytes
        self.spec = spec
        self.handler = getattr(dispatcher.plugin, registration.method)
        self.is_async = inspect.iscoroutinefunction(self.handler)
        self.timeout = registration.timeout or dispatcher.timeout
        self.on_error = registration.on_error
        request: Codec[Any] = package.codec(spec.request)
        self.response: Codec[Any] = package.codec(spec.response)
        self.arguments = Arguments(spec, request)
        self.answer = Answer(spec, self.response)
        self.errors = dispatcher.table.errors or StatusErrors()
        self.embed = self.errors.embedding(self.response)
        self.last_resort = self._last_resort()

    async def serve(self, data: bytes, context: Any) -> bytes:
        """The handler of grpc.aio. Whatever goes wrong, the host gets the answer it is due, and
        gets it in time: nothing here waits for a handler that does not end.
        """
        try:
            return await self._in_time(data)
        except Ended as ended:
            await context.abort(*ended.status(self.most))  # which raises
            raise
        except GeneratorExit:  # the loop ends
            raise
        except BaseException as error:
            if cancelled():
                raise
            return await self._answer_anyway(error, context)

    async def _in_time(self, data: bytes) -> bytes:
        deadlines = self.dispatcher.deadlines
        task = deadlines.start(self.timeout)
        timed_out = False
        try:
            try:
                return await self._handled(data)
            finally:
                timed_out = deadlines.stop(task)
        except asyncio.CancelledError:
            if not timed_out:
                raise
        except Overloaded as error:
            code = grpc.StatusCode.RESOURCE_EXHAUSTED
            return self._answer_of(code, str(error), error)
        return self._overdue()

    def _handled(self, data: bytes) -> Awaitable[bytes]:
        if self.is_async:
            return self.dispatcher.place.run(self._coroutine, data)
        return self._in_thread(data)

    async def _in_thread(self, data: bytes) -> bytes:
        variables = contextvars.copy_context()
        answer = await in_thread(
            self.dispatcher.executor, self._function, data, variables=variables
        )
        if isinstance(answer, bytes):
            return answer
        adopt(variables)
        return await self.dispatcher.place.run(self._late, answer)

    async def _coroutine(self, data: bytes) -> bytes:
        try:
            result = await self.handler(*self.arguments(data))
            return self.answer.encode(result)
        except BaseException as error:
            if ends_the_call(error):
                raise
            return self._failed(error)
        finally:
            lift()

    def _function(self, data: bytes) -> bytes | Awaitable[Any]:
        try:
            result = self.handler(*self.arguments(data))
            if isinstance(result, Awaitable):
                return result
            return self.answer.encode(result)
        except BaseException as error:
            return self._failed(error)
        finally:
            lift()

    async def _late(self, result: Awaitable[Any]) -> bytes:
        try:
            return self.answer.encode(await result)
        except BaseException as error:
            if ends_the_call(error):
                raise
            return self._failed(error)

    async def _answer_anyway(self, error: BaseException, context: Any) -> bytes:
        """The answer when nothing could be made of `error`: it is not looked at again."""
        text = f"{self.spec.name}: {FAILED_BADLY}"
        report(self.dispatcher.log, error, "%s", text)
        if self.last_resort is None:
            await context.abort(grpc.StatusCode.INTERNAL, FAILED_BADLY)  # which raises
            raise error
        return self.last_resort

    def _last_resort(self) -> bytes | None:
        """The answer of a handler of whose failure nothing can be told; None if that is a status.

        Made beforehand: then there may be no memory, and no descriptor to import a module with.
        """
        if self.embed is not None:
            return encode(self._embedded(self.embed, None, FAILED_BADLY))
        if self.on_error is not None:
            return encode(self.response.model(**{self.spec.rejected: self.on_error.reason}))
        return None

    def _failed(self, error: BaseException) -> bytes:
        """The answer of a failed handler, by the failure table of its family; raises `Ended` where
        that is a status.
        """
        if isinstance(error, StatusError) and self.on_error is None:
            text = error.message
            if isinstance(error, Unimplemented):
                text = not_implemented(error, self.spec.name)
            raise Ended(self.errors.code(error), text, error) from None
        carried = error if isinstance(error, PluginAPIError) else None
        text = status_text(_text(error), self.most // 2)
        return self._answer_of(grpc.StatusCode.INTERNAL, text, error, carried)

    def _overdue(self) -> bytes:
        text = f"the handler of {self.spec.name} took longer than {self.timeout:g} s"
        return self._answer_of(grpc.StatusCode.DEADLINE_EXCEEDED, text)

    def _answer_of(
        self,
        code: grpc.StatusCode,
        text: str,
        error: BaseException | None = None,
        carried: PluginAPIError | None = None,
    ) -> bytes:
        if not (isinstance(error, WrongResult) and abandoned()):
            report(self.dispatcher.log, error, "%s: %s", self.spec.name, text)
        if self.embed is not None:
            return encode(self._embedded(self.embed, carried, text))
        if self.last_resort is not None:
            return self.last_resort
        raise Ended(code, text, error) from None

    def _embedded(self, embed: Embedding, carried: PluginAPIError | None, text: str) -> Model:
        """The answer with the error; a message of one has all its fields filled."""
        answer = embed(carried or PluginAPIError(text))
        statuses = carried.http_statuses if carried is not None else ()
        defaults = {
            "id": self.spec.error_id,
            "status_code": statuses[0] if statuses else 500,
            "where": self.spec.name,
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
