"""How is one call of a function served? A `CallRequest` in, the `CallResponse` out, always."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from openrun_plugin.models import CallRequest, CallResponse, StarValue, ThreadState
from plugwright_runtime.fit.fitting import Misfit

from .decoding import Decoder
from .encoding import MESSAGE_BYTES, Encoder
from .modules import App, Call, CompiledModule, Module, referred
from .running import Runner, UserError
from .sessions import CALLBACK, RequestSession
from .values import Cursor, FuncRef

# There is more in a message than the value.
VALUE_BYTES = MESSAGE_BYTES - 256 * 1024


class Instance:
    """A module for one account. `name`: as apps load it, without suffix: `store#archive`."""

    def __init__(
        self, module: CompiledModule, app: App, account: str, logger: logging.Logger
    ) -> None:
        name = module.cls.module_name
        self.name = f"{name}#{account}" if account else name
        self.compiled = module
        self._app = app
        self._account = account
        self._logger = logger
        self._started = False
        self.module: Module = module.cls.__new__(module.cls)

    async def start(self, settings: Any, runner: Runner) -> None:
        """Initialise the module; raises UserError.

        If that fails, what was opened is closed: the server starts another instance at every call.
        """
        self.module.app = self._app
        self.module.account = self._account
        self.module.settings = settings
        self.module.logger = self._logger.getChild(self.name)
        initialise: Callable[..., Any] = self.compiled.cls.__init__
        try:
            await runner.run(initialise, self.module)
            await runner.run(self.module.on_init)
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(self.stop(runner)))
            raise
        self._started = True

    async def stop(self, runner: Runner) -> None:
        try:
            await runner.run(self.module.on_stop)
        except UserError as error:
            # `on_stop` cannot know how far a start came.
            if self._started or not self._misses(error.cause):
                runner.log(f"the end of {self.name}", error)

    def _misses(self, error: BaseException) -> bool:
        return isinstance(error, AttributeError) and error.obj is self.module


async def answer(
    instance: Instance, request: CallRequest, session: RequestSession, runner: Runner
) -> CallResponse:
    """Run the function that `request` names; what it raises is in the answer."""
    name = f"{instance.name}.{request.function}"
    try:
        if session.ended:
            raise Misfit("", "the request has ended")
        work = _Work(instance, request, session, name)
        return CallResponse(value=await work.run(runner))
    except UserError as error:
        return _failure(name, error, runner)
    except Exception as error:  # of an argument, or of the class it becomes
        return _failure(name, UserError(error), runner)


def _failure(name: str, error: UserError, runner: Runner) -> CallResponse:
    if error.meant and isinstance(error.cause, Misfit):
        return CallResponse(error=f"{name}: {error.text}", error_code=1)
    runner.log(name, error)
    return CallResponse(error=error.text, error_code=error.code)


class _Work:
    """One call under way."""

    def __init__(
        self,
        instance: Instance,
        request: CallRequest,
        session: RequestSession,
        name: str,
    ) -> None:
        self._instance = instance
        self._session = session
        self._name = name
        self._call = Call(
            request.function,
            request.thread or ThreadState(),
            session.of(instance.name),
        )
        self._function, self._args, self._kwargs = self._bound(request)

    def _bound(self, request: CallRequest) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        """What to call, and with what; raises Misfit."""
        decoder = Decoder()
        args = [decoder.decode(value, f"argument {i}") for i, value in enumerate(request.args, 1)]
        kwargs: dict[str, Any] = {}
        for kwarg in request.kwargs:
            if kwarg.name in kwargs:
                raise Misfit(kwarg.name, "given twice")
            kwargs[kwarg.name] = decoder.decode(kwarg.value, kwarg.name)
        if request.function == CALLBACK:
            owner = self._instance.name
            found = self._session.callback(owner, args[0] if args else None)
            if found is None:
                raise Misfit("", "the function is gone with its request")
            return found, [], {}
        function = self._instance.compiled.functions[request.function]
        method = getattr(self._instance.module, function.method)
        return method, *function.parameters.bind(args, kwargs, {Call: self._call})

    async def run(self, runner: Runner) -> StarValue:
        """The result; raises UserError."""
        if inspect.iscoroutinefunction(self._function):
            value: StarValue = await runner.run(self._coroutine)
        else:
            value = await runner.run(self._in_thread)
        return value

    async def _coroutine(self) -> StarValue:
        return self._encoded(await self._function(*self._args, **self._kwargs))

    def _in_thread(self) -> StarValue | Awaitable[StarValue]:
        """The result, encoded here, where it holds up nobody."""
        result = self._function(*self._args, **self._kwargs)
        return self._later(result) if inspect.isawaitable(result) else self._encoded(result)

    async def _later(self, result: Awaitable[Any]) -> StarValue:
        return self._encoded(await result)

    def _encoded(self, result: Any) -> StarValue:
        functions = self._instance.compiled.functions
        encoder = Encoder(self._cursor_maker(), self._refer, functions)
        return encoder.encode_within(result, "result", VALUE_BYTES)

    def _cursor_maker(self) -> Callable[[Cursor], Any] | None:
        """None for what apps only reach by reference: the server takes no cursor from there."""
        if self._call.function.startswith("_"):
            return None
        return lambda cursor: self._session.open_cursor(cursor, self._name)

    def _refer(self, callback: Callable[[], Any]) -> FuncRef:
        known = referred(self._instance.module, callback)
        return known or self._session.keep_callback(self._instance.name, callback)
