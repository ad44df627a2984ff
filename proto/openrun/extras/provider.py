"""How does a provider serve its modules to OpenRun?

A subclass of `Provider` names its modules; this is the servicer of the eight calls. What modules do
wrong is told in `error`. A gRPC status, after which the server kills the process, is only what the
protocol uses one for: an app or module that was not initialised, a module or function that is not
there.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

from grpc import StatusCode
from openrun_plugin import models
from openrun_plugin.servicers import PluginProviderServicer
from plugwright_runtime.errors import StatusError
from plugwright_runtime.fit.fitting import Misfit
from plugwright_runtime.hooks.plugin import ServicePlugin
from plugwright_runtime.rpc.servicer import ServerContext

from .calls import Instance, answer
from .decoding import Decoder
from .modules import App, CompiledModule, Module, ModuleError, compile_module
from .running import Runner, UserError
from .sessions import CALLBACK, RequestSession

HEALTH_SECONDS = 5.0
# How long a call that still runs holds up the end of the process, which has 1.5 s.
STOP_SECONDS = 0.3

_Key = tuple[str, str]


@dataclass(slots=True)
class _Held:
    """What a provider keeps: by module and account, and by session.

    `health`: runs health checks, which must not wait for calls; `checking`: the one under way.
    """

    runner: Runner
    health: Runner
    checking: asyncio.Future[Any] | None = None
    app: App | None = None
    app_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    instances: dict[_Key, Instance] = field(default_factory=dict[_Key, Instance])
    locks: dict[_Key, asyncio.Lock] = field(default_factory=dict[_Key, asyncio.Lock])
    requests: dict[str, RequestSession] = field(default_factory=dict[str, RequestSession])


class Provider(PluginProviderServicer, ServicePlugin):
    """The base of providers.

    class Demo(Provider):
        version = "1.0.0"
        modules = [Store]
    """

    version: ClassVar[str] = ""
    """The provider's version, for people and logs."""

    modules: ClassVar[Sequence[type[Module]]] = ()
    """The modules that apps can load."""

    __compiled__: ClassVar[Mapping[str, CompiledModule]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__compiled__ = _compiled(cls)

    @functools.cached_property
    def _held(self) -> _Held:
        # Not made in `__init__`, which subclasses may have without calling ours.
        return _Held(Runner(self.logger), Runner(self.logger))

    def on_app(self, app: App) -> Awaitable[None] | None:
        """Called once, with the app that the process works for; what it raises is a refusal."""
        return None

    def on_health_check(self) -> Awaitable[None] | None:
        """Called now and then; what it raises is what is wrong."""
        return None

    async def describe(
        self, request: models.DescribeRequest, context: ServerContext, /
    ) -> models.DescribeResponse:
        manifests = [module.manifest for module in self.__compiled__.values()]
        return models.DescribeResponse(provider_version=self.version, modules=manifests)

    async def init_app(
        self, request: models.InitAppRequest, context: ServerContext, /
    ) -> models.InitAppResponse:
        async with self._held.app_lock:
            if self._held.app is not None:
                raise _status("the app has been initialised already")
            app = App(request.app_id, request.app_path, request.is_dev, request.app_schema)
            try:
                await self._held.runner.run(self.on_app, app)
            except UserError as error:
                self._held.runner.log("on_app", error)
                return models.InitAppResponse(error=error.text)
            self._held.app = app
        return models.InitAppResponse()

    async def init_module(
        self, request: models.InitModuleRequest, context: ServerContext, /
    ) -> models.InitModuleResponse:
        module = self.__compiled__.get(request.module)
        if module is None:
            raise _unknown(f"there is no module {request.module!r}")
        if self._held.app is None:
            raise _status("the app has not been initialised")
        key = (request.module, request.account)
        async with self._held.locks.setdefault(key, asyncio.Lock()):
            if key in self._held.instances:
                return models.InitModuleResponse()
            instance = Instance(module, self._held.app, request.account, self.logger)
            try:
                settings = {
                    name: Decoder().decode(value, name) for name, value in request.settings.items()
                }
                await instance.start(module.fit_settings(settings, ""), self._held.runner)
            except Misfit as error:
                return models.InitModuleResponse(error=f"settings: {error}")
            except UserError as error:
                self._held.runner.log(f"the start of {instance.name}", error)
                return models.InitModuleResponse(error=error.text)
            self._held.instances[key] = instance
        return models.InitModuleResponse()

    async def call(
        self, request: models.CallRequest, context: ServerContext, /
    ) -> models.CallResponse:
        instance = self._instance(request)
        session = self._held.requests.get(request.session_id)
        if session is None:
            session = RequestSession(request.session_id, self._held.runner)
            self._held.requests[request.session_id] = session
        async with session.lock:
            response = await answer(instance, request, session, self._held.runner)
            response.strict_keys = session.strict_keys()
        return response

    def _instance(self, request: models.CallRequest) -> Instance:
        """The instance that `request` is for; raises the status for what is not there."""
        module = self.__compiled__.get(request.module)
        if module is None:
            raise _unknown(f"there is no module {request.module!r}")
        if request.function not in module.functions and request.function != CALLBACK:
            name = f"{request.module}.{request.function}"
            raise _unknown(f"there is no function {name!r}")
        instance = self._held.instances.get((request.module, request.account))
        if self._held.app is None:
            raise _status("the app has not been initialised")
        if instance is None:
            account = f" of account {request.account!r}" if request.account else ""
            raise _status(f"{request.module}{account} has not been initialised")
        return instance

    async def cursor_next(
        self, request: models.CursorNextRequest, context: ServerContext, /
    ) -> models.CursorNextResponse:
        session = self._held.requests.get(request.session_id)
        if session is None:
            return models.CursorNextResponse(error="unknown session")
        async with session.lock:
            cursor = session.cursor(request.cursor_id)
            if cursor is None:
                return models.CursorNextResponse(error="unknown cursor, or it is closed")
            try:
                items, done = await cursor.next(request.max_items)
                if done:
                    await session.close_cursor(request.cursor_id)
                return models.CursorNextResponse(items=items, done=done)
            except UserError as error:
                self._held.runner.log(f"the cursor {request.cursor_id}", error)
                text = error.text + await self._closed(session, request.cursor_id)
                return models.CursorNextResponse(error=text)

    async def _closed(self, session: RequestSession, cursor_id: str) -> str:
        """Close a cursor that has failed; what else went wrong."""
        try:
            await session.close_cursor(cursor_id)
        except UserError as error:
            return f"; and on closing: {error.text}"
        return ""

    async def cursor_close(
        self, request: models.CursorCloseRequest, context: ServerContext, /
    ) -> models.CursorCloseResponse:
        session = self._held.requests.get(request.session_id)
        if session is None:
            return models.CursorCloseResponse()
        async with session.lock:
            try:
                await session.close_cursor(request.cursor_id)
            except UserError as error:
                self._held.runner.log(f"closing the cursor {request.cursor_id}", error)
                return models.CursorCloseResponse(error=error.text)
        return models.CursorCloseResponse()

    async def end_session(
        self, request: models.EndSessionRequest, context: ServerContext, /
    ) -> models.EndSessionResponse:
        session = self._held.requests.pop(request.session_id, None)
        if session is None:
            return models.EndSessionResponse()
        # Whoever asked may be gone before the cleanups are done.
        problems = await asyncio.shield(asyncio.ensure_future(session.end()))
        return models.EndSessionResponse(error="; ".join(problems))

    async def check_health(
        self, request: models.CheckHealthRequest, context: ServerContext, /
    ) -> models.CheckHealthResponse:
        check = self.on_health_check
        if getattr(check, "__func__", None) is Provider.on_health_check:
            return models.CheckHealthResponse()
        held = self._held
        if held.checking is None:
            held.checking = asyncio.ensure_future(held.health.run(check))
        checking = held.checking
        # Not cancelled when it takes too long: a thread cannot be, and must not pile up.
        await asyncio.wait({checking}, timeout=HEALTH_SECONDS)
        if not checking.done():
            text = f"the health check takes longer than {HEALTH_SECONDS:g} s"
            return models.CheckHealthResponse(error=text)
        held.checking = None
        try:
            checking.result()
        except UserError as error:
            held.runner.log("the health check", error)
            return models.CheckHealthResponse(error=error.text)
        return models.CheckHealthResponse()

    @final
    async def on_stop(self) -> None:
        """End the sessions that are left, then the modules."""
        held = self._held
        requests, held.requests = list(held.requests.values()), {}
        instances, held.instances = list(held.instances.values()), {}
        ending = (session.end(STOP_SECONDS) for session in requests)
        await asyncio.gather(*ending)
        for instance in instances:
            await instance.stop(held.runner)
        held.runner.stop()
        held.health.stop()


def _compiled(cls: type[Provider]) -> dict[str, CompiledModule]:
    compiled: dict[str, CompiledModule] = {}
    modules: Sequence[Any] = cls.modules
    for module in modules:
        if not (inspect.isclass(module) and issubclass(module, Module)):
            raise ModuleError(f"{cls.__qualname__}.modules: {module!r} is no Module")
        if module.module_name in compiled:
            name = module.module_name
            raise ModuleError(f"{cls.__qualname__} has two modules {name!r}")
        compiled[module.module_name] = compile_module(module)
    return compiled


def _status(text: str) -> StatusError:
    return StatusError(text, code=StatusCode.FAILED_PRECONDITION)


def _unknown(text: str) -> StatusError:
    return StatusError(text, code=StatusCode.INVALID_ARGUMENT)
