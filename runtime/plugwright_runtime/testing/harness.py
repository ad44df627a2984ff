"""How is a plugin tested without its host? A fake API server and a host's client, in process.

Both talk gRPC over a real channel on loopback; a generated SDK's `testing` module gives them types.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

import grpc
import grpc.aio

from ..hooks.clients import Clients, hold
from ..hooks.plugin import PluginBase
from ..limits import MOST_STATUS_BYTES, message_limits
from ..loops.places import HandlerLoop, Place
from ..loops.pool import HandlerPool, this_thread_serves
from ..process.application import finish, handlers_of, is_plugin
from ..process.endpoint import discard
from ..process.identity import id_in
from ..rpc.servicer import Requests, Servicer, handlers
from .fake_service import Answer, Call, FakeService

P = TypeVar("P", bound=PluginBase)
H = TypeVar("H")
T = TypeVar("T")
UNNAMED = "plugin.under.test"  # the id of a plugin that nobody gave one


class BackgroundServer:
    """A `grpc.aio` server in a thread, with its handlers' coroutines on a loop of their own, as in
    the process of a plugin; `address` once started.
    """

    def __init__(self, make_handlers: Callable[[Place], Sequence[grpc.GenericRpcHandler]]) -> None:
        self._make_handlers = make_handlers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._coroutines: HandlerLoop | None = None
        self._server: Any = None
        self.address = ""

    def start(self) -> str:
        """Serve on a free port of loopback; returns `host:port`."""
        self._thread.start()
        self.address = self._run(self._start())
        return self.address

    def run(self, coroutine: Awaitable[T]) -> T:
        """The result of `coroutine`, run where the handlers are."""

        async def there() -> T:
            assert self._coroutines is not None
            return await self._coroutines.run(_awaited, coroutine)

        return self._run(there())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _start(self) -> str:
        this_thread_serves()
        place = self._coroutines = HandlerLoop()
        made = tuple(self._make_handlers(place))
        server = grpc.aio.server(options=message_limits())
        server.add_generic_rpc_handlers(made)
        try:
            port = server.add_insecure_port("127.0.0.1:0")
        except BaseException:
            await discard(server)
            raise
        self._server = server
        await server.start()
        return f"127.0.0.1:{port}"

    def stop(self) -> None:
        """End calls under way, the server and its threads."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop(None)
        if self._coroutines is not None:
            await self._coroutines.stop()
        await self._loop.shutdown_asyncgens()


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


class _Harness(Generic[P, H]):
    """Runs a plugin in this process between a fake API and a host's client of its hooks.

    `plugin`: the instance under test; `api`: the fake; `hooks`: calls its hooks as a host does.
    """

    _startup: tuple[str, ...] = ()
    _shutdown: tuple[str, ...] = ()
    _manifest = ""

    plugin: P
    hooks: H

    def __init__(
        self,
        plugin: type[P],
        servicer: Servicer,
        make_hooks: Callable[..., H],
        activate: bool,
        plugin_id: str = "",
    ) -> None:
        if not is_plugin(plugin):
            example = f"{type(self).__name__}(MyPlugin)"
            raise TypeError(f"it takes a plugin class, as in {example}, not {plugin!r}")
        self._class = plugin
        self._make_hooks = make_hooks
        self._activate = activate
        self._plugin_id = plugin_id
        self.api = FakeService(servicer)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            text = f"{type(self).__name__} has no attribute {name!r}"
            if name in ("plugin", "hooks"):
                text += "; not before its with statement"
            raise AttributeError(text, name=name, obj=self)

    def _begin(self) -> None:
        """Serve the plugin and the fake API. May block: `__init__` of a plugin may."""
        self._executor = HandlerPool()
        self._server = BackgroundServer(self._handlers)
        cls: Any = self._class
        # Initialised when the server is there: `__init__` may take hold of the API.
        self.plugin = cls.__new__(cls)
        try:
            address = self._server.start()
            self.plugin.__dict__.update(self._identity())
            hold(self.plugin, Clients(address))
            # The plugin limits its hooks itself: it sees whether a debugger holds one.
            self.hooks = self._make_hooks(address, timeout=math.inf)
            cls.__init__(self.plugin)
        except BaseException:
            self._end()
            raise

    def _identity(self) -> dict[str, str]:
        """As in the folder of the class's module, were the host to start it there."""
        file = getattr(sys.modules.get(self._class.__module__), "__file__", None)
        folder = os.path.dirname(os.path.abspath(file)) if file else ""
        name = self._plugin_id
        if not name and folder and self._manifest:
            name = id_in(folder, self._manifest)
        return {"plugin_id": name or UNNAMED, "plugin_path": folder}

    def _handlers(self, place: Place) -> list[grpc.GenericRpcHandler]:
        return [
            handlers_of(self.plugin, self._executor, place, MOST_STATUS_BYTES),
            handlers(self.api.servicer, self._executor, place, MOST_STATUS_BYTES),
        ]

    def _calls(self, methods: tuple[str, ...]) -> Iterator[Callable[[], Any]]:
        """What a host calls around the life of a plugin, as far as the plugin handles it."""
        if not self._activate:
            return
        table, client = self.plugin.__hooks__, cast("Any", self.hooks)
        for name in methods:
            if name in self.plugin.implemented_hooks():
                spec = table.specs[name]
                request = table.package.message(spec.request)()
                response = table.package.message(spec.response)
                yield partial(client._unary, name, request, response, None, None)

    def _end(self) -> None:
        """As a process does: web applications end, then API clients; the API is there till then."""
        try:
            self._server.run(finish(self.plugin, self._executor))
        finally:
            self._server.stop()
            self._executor.shutdown()


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
        await asyncio.to_thread(self._end)


__all__ = [
    "Answer",
    "AsyncHarnessBase",
    "BackgroundServer",
    "Call",
    "FakeService",
    "HarnessBase",
    "Requests",
]
