"""How is a plugin tested without its host? Between a fake API and a host's clients, in process; a
generated SDK's `testing` module gives them types.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

import grpc

from ..hooks.clients import Clients, hold
from ..hooks.plugin import Hosted, PluginBase
from ..limits import MOST_STATUS_BYTES
from ..loops.places import Place
from ..loops.pool import HandlerPool
from ..process.application import finish, handlers_of, is_plugin
from ..process.identity import id_in
from ..rpc.servicer import Servicer, handlers
from .background_server import BackgroundServer
from .fake_service import FakeService

P = TypeVar("P")
H = TypeVar("H")
C = TypeVar("C")
UNNAMED = "plugin.under.test"  # the id of a plugin that nobody gave one


class Running(Generic[P]):
    """A plugin that is served in this process, beside a fake API if it is given one.

    `plugin`: the instance under test; `api`: the fake.
    """

    _manifest = ""

    plugin: P

    def __init__(self, plugin: type[P], servicer: Servicer | None, plugin_id: str) -> None:
        if not is_plugin(plugin):
            example = f"{type(self).__name__}(MyPlugin)"
            raise TypeError(f"it takes a plugin class, as in {example}, not {plugin!r}")
        self._class = plugin
        self._plugin_id = plugin_id
        self._fake = FakeService(servicer) if servicer is not None else None
        self._served = _Late()
        self._callers = Clients()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            text = f"{type(self).__name__} has no attribute {name!r}"
            if name in ("plugin", "hooks"):
                text += "; not before its with statement"
            raise AttributeError(text, name=name, obj=self)

    @property
    def api(self) -> FakeService:
        """The API of the host, as far as the test tells it what to answer."""
        if self._fake is None:
            raise AttributeError("there is no API: give the harness a servicer to use as one")
        return self._fake

    def client(self, cls: type[C]) -> C:
        """A client of one of the services that the plugin serves: `client(NodeClient)`."""
        return self._callers.of(cls)

    def _begin(self) -> None:
        """Serve the plugin and the fake API. May block: `__init__` of a plugin may."""
        self._executor = HandlerPool()
        self._server = BackgroundServer(self._handlers)
        cls: Any = self._class
        # Initialised when the server is there: `__init__` may take hold of the API.
        self.plugin = cls.__new__(cls)
        try:
            address = self._server.start()
            if isinstance(self.plugin, Hosted):  # what others have may be methods of RPCs
                self.plugin.__dict__.update(self._identity())
            hold(self.plugin, Clients(address))
            self._connect(address)
            cls.__init__(self.plugin)
            place = self._place
            self._served.by = handlers_of(self.plugin, self._executor, place, MOST_STATUS_BYTES)
        except BaseException:
            self._end()
            raise

    def _connect(self, address: str) -> None:
        """Make what calls the plugin."""
        self._callers = Clients(address)

    def _identity(self) -> dict[str, str]:
        """As in the folder of the class's module, were the host to start it there."""
        file = getattr(sys.modules.get(self._class.__module__), "__file__", None)
        folder = os.path.dirname(os.path.abspath(file)) if file else ""
        name = self._plugin_id
        if not name and folder and self._manifest:
            name = id_in(folder, self._manifest)
        return {"plugin_id": name or UNNAMED, "plugin_path": folder}

    def _handlers(self, place: Place) -> list[grpc.GenericRpcHandler]:
        self._place = place
        if self._fake is None:
            return [self._served]
        api = handlers(self._fake.servicer, self._executor, place, MOST_STATUS_BYTES)
        return [self._served, api]

    def _end(self) -> None:
        """As a process does: web applications end, then API clients; the API is there till then."""
        try:
            self._server.run(finish(self.plugin, self._executor))
        finally:
            self._server.stop()
            self._executor.shutdown()


class _Late(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Handlers that are there as soon as the plugin is."""

    by: tuple[grpc.GenericRpcHandler, ...] = ()

    def service(self, handler_call_details: Any) -> Any:
        found = (each.service(handler_call_details) for each in self.by)
        return next((each for each in found if each is not None), None)


class _Harness(Running[P], Generic[P, H]):
    """Runs a plugin in this process between a fake API and a host's client of its hooks.

    `hooks`: calls its hooks as a host does.
    """

    _startup: tuple[str, ...] = ()
    _shutdown: tuple[str, ...] = ()

    hooks: H

    def __init__(
        self,
        plugin: type[P],
        servicer: Servicer,
        make_hooks: Callable[..., H],
        activate: bool,
        plugin_id: str = "",
    ) -> None:
        super().__init__(plugin, servicer, plugin_id)
        self._make_hooks = make_hooks
        self._activate = activate

    def _connect(self, address: str) -> None:
        super()._connect(address)
        # The plugin limits its hooks itself: it sees whether a debugger holds one.
        self.hooks = self._make_hooks(address, timeout=math.inf)

    def _calls(self, methods: tuple[str, ...]) -> Iterator[Callable[[], Any]]:
        """What a host calls around the life of a plugin, as far as the plugin handles it."""
        if not self._activate:
            return
        plugin, client = cast("PluginBase", self.plugin), cast("Any", self.hooks)
        table = plugin.__hooks__
        for name in methods:
            if name in plugin.implemented_hooks():
                spec = table.specs[name]
                request = table.package.message(spec.request)()
                response = table.package.message(spec.response)
                yield partial(client._unary, name, request, response, None, None)


class HarnessBase(_Harness[P, H]):
    """A harness that calls hooks from plain functions: `with ... as harness`."""

    def __enter__(self) -> Self:
        self._begin()
        try:
            for call in self._calls(self._startup):
                call()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for call in self._calls(self._shutdown):
                call()
        finally:
            self._stop()

    def _stop(self) -> None:
        client: Any = self.hooks
        client.close()
        self._server.run(self._callers.close())
        self._end()


class AsyncHarnessBase(_Harness[P, H]):
    """A harness that calls hooks from coroutines: `async with ... as harness`."""

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._begin)
        try:
            for call in self._calls(self._startup):
                await call()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for call in self._calls(self._shutdown):
                await call()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        client: Any = self.hooks
        await client.close()
        await self._callers.close()
        await asyncio.to_thread(self._end)


class ServiceHarnessBase(Running[P]):
    """A plugin that serves services, between a fake API and clients of what it serves: in a `with`
    statement, or in `async with` for clients of coroutines.
    """

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.run(self._callers.close())
        self._end()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._begin)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._callers.close()
        await asyncio.to_thread(self._end)
