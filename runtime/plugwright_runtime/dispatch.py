"""How is a hook served? The bytes of a call in, the bytes of the handler's answer out.

Coroutines run on the loop, functions in the executor. A handler that fails, by raising, by taking
too long or by returning what its hook does not accept, is answered by the failure table of the
hook's family: the host always gets the answer it is due, and the log one record.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Awaitable
from concurrent.futures import Executor
from typing import Any

import grpc

from .codec import encode
from .conventions import Embedding, StatusErrors
from .deadlines import Deadlines
from .errors import PluginAPIError, StatusError, Unimplemented, status_text, text_of
from .hook_values import Answer, Arguments, WrongResult
from .hooks import HookSpec, HookTable, Registration, registered
from .model import Model
from .package import Codec
from .servicer import end, ends_the_call, not_implemented
from .serving_streams import run


class Dispatcher:
    """Serves the hooks of one plugin instance.

    `executor`: where plain functions run; coroutines run on the loop. `log` gets a record with
    the traceback of every failure.
    """

    def __init__(
        self, plugin: object, table: HookTable, executor: Executor, log: logging.Logger
    ) -> None:
        self.plugin = plugin
        self.table = table
        self.executor = executor
        self.log = log
        self.registered = registered(type(plugin), table)
        self.timeout = _timeout(table)
        self.deadlines = Deadlines()

    def handlers(self) -> grpc.GenericRpcHandler:
        """The gRPC handlers: those of the plugin's hooks, and the list of their names."""
        made: dict[str, Any] = {}
        for name, spec in self.table.specs.items():
            registration = self.registered.get(name)
            if spec.family == "http":
                made[name] = self._http(spec, registration)
            elif registration is not None:
                call = HookCall(self, spec, registration)
                made[name] = grpc.unary_unary_rpc_method_handler(call.serve)
        if self.table.implemented:
            made[self.table.implemented] = grpc.unary_unary_rpc_method_handler(
                self._implemented
            )
        handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(
            self.table.service, made
        )
        return handler

    def _http(self, spec: HookSpec, registration: Registration | None) -> Any:
        """The HTTP hook; one that the plugin does not handle answers 404."""
        if registration is not None:
            from .http_hook import HTTPHook

            return HTTPHook(self, spec, registration).grpc_handler()

        async def not_found(requests: Any, context: Any) -> None:
            from .http_hook import HTTPHook  # most plugins never need it

            await HTTPHook(self, spec, None).serve(requests, context)

        return grpc.stream_stream_rpc_method_handler(not_found)

    async def _implemented(self, data: bytes, context: Any) -> bytes:
        """The names of the hooks, as the runtime knows them from the class."""
        service, rpc = self.table.service, self.table.implemented
        response = self.table.package.codec(
            f"{service.rpartition('.')[0]}.{rpc}Response".lstrip(".")
        )
        return encode(response.model(hooks=sorted(self.registered)))


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
        raise ValueError(
            f"{table.timeout_env} must be a number of seconds, got {text!r}"
        )
    return seconds


class HookCall:
    """One unary hook of one plugin: bytes in, bytes out."""

    def __init__(
        self, dispatcher: Dispatcher, spec: HookSpec, registration: Registration
    ) -> None:
        package = dispatcher.table.package
        self.dispatcher = dispatcher
        self.spec = spec
        self.handler = getattr(dispatcher.plugin, registration.method)
        self.is_async = inspect.iscoroutinefunction(self.handler)
        self.timeout = registration.timeout or dispatcher.timeout
        self.on_error = registration.on_error
        request: Codec[Any] = package.codec(spec.request)
        self.parse = request.message.FromString
        self.response: Codec[Any] = package.codec(spec.response)
        self.arguments = Arguments(spec, request)
        self.answer = Answer(spec, self.response)
        self.errors = dispatcher.table.errors or StatusErrors()
        self.embed = self.errors.embedding(self.response)

    async def serve(self, data: bytes, context: Any) -> bytes:
        """The handler of grpc.aio. Whatever goes wrong, the host gets the answer it is due."""
        deadlines = self.dispatcher.deadlines
        task = deadlines.start(self.timeout)
        timed_out = False
        try:
            try:
                result = await self.invoke(data)
            finally:
                timed_out = deadlines.stop(task)
            return self.answer.encode(result)
        except BaseException as error:
            if ends_the_call(error):
                raise
            return await self._failed(error, timed_out, context)

    async def invoke(self, data: bytes) -> Any:
        """The handler's result for the request in `data`."""
        arguments = self.arguments(self.parse(data))
        if self.is_async:
            return await self.handler(*arguments)
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(
            self.dispatcher.executor, run, self.handler, *arguments
        )
        return await result if isinstance(result, Awaitable) else result

    async def _failed(
        self, error: BaseException, timed_out: bool, context: Any
    ) -> bytes:
        """The answer of a failed handler, by the failure table of its family."""
        name = self.spec.name
        if isinstance(error, StatusError) and not timed_out:
            text = error.message
            if isinstance(error, Unimplemented):
                text = not_implemented(error, name)
            await end(context, self.errors.code(error), text, error)
        code, text = grpc.StatusCode.INTERNAL, _text(error)
        if timed_out:
            code = grpc.StatusCode.DEADLINE_EXCEEDED
            text = f"the handler of {name} took longer than {self.timeout:g} s"
        self.dispatcher.log.error("%s: %s", name, text, exc_info=error)
        if self.embed is not None:
            carried = (
                error if isinstance(error, PluginAPIError) and not timed_out else None
            )
            return encode(self._embedded(self.embed, carried, text))
        if self.on_error is not None:
            return encode(
                self.response.model(**{self.spec.rejected: self.on_error.reason})
            )
        await end(context, code, text, error)
        raise AssertionError  # abort never returns

    def _embedded(
        self, embed: Embedding, carried: PluginAPIError | None, text: str
    ) -> Model:
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
    return status_text(text)
