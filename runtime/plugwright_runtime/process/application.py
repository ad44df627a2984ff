"""What of a plugin class takes part in its process?

In: the class, with hooks or as the servicer of a service, and where it finds its identity.
`register` makes the instance and adds its handlers to a server; `stop` closes what it opened: web
applications first, then the instance's own `on_stop`, the thread pool, the API clients last.

`launch.run` makes the `Application`; the launch style it runs in serves it, most of them as an
`ApplicationProcess`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import grpc.aio

from ..hooks.clients import clients_of
from ..hooks.plugin import OWN_NAMES, Hosted, ServicePlugin
from ..loops.calling import Threads
from ..loops.crossing import in_thread
from ..loops.places import HandlerLoop, Place
from ..loops.pool import HandlerPool, this_thread_serves
from .guardian import Guardian
from .identity import IdentitySources, identity
from .server_limits import ServerLimits
from .serving import ServerProcess, server_options

P = TypeVar("P")

MOUNT_SECONDS = 0.5  # for web applications to end, out of the process's grace

_log = logging.getLogger("plugwright.process")


Attributes = Callable[[HandlerLoop], Mapping[str, Any]]
"""What a style knows of the process, for the instance (`hooks.plugin.Hosted`), given the loop that
its coroutines run on."""


def no_attributes(coroutines: HandlerLoop) -> Mapping[str, Any]:
    return {}


class Application:
    """The application's part of one plugin process. `status_bytes`: of the details of an error that
    its host takes. `versions`: the services of one version of the application protocol alone.
    """

    def __init__(
        self,
        cls: type[Any],
        sources: IdentitySources,
        status_bytes: int,
        versions: Mapping[int, tuple[str, ...]],
    ) -> None:
        self._cls = cls
        self._versions = versions
        self._sources = sources
        self._status_bytes = status_bytes
        self._pool = HandlerPool()
        self._plugin: Any = None
        self._coroutines: HandlerLoop | None = None

    async def register(self, server: Any, attributes: Attributes = no_attributes) -> None:
        """Make the instance, with `attributes`, in a thread since its `__init__` may block; and
        serve its hooks and its services. Raises `LaunchError` if one of them would not be served.
        """
        this_thread_serves()
        coroutines = self._coroutines = HandlerLoop()
        made = attributes(coroutines)
        others = others_than(made.get("protocol_version", 0), self._versions)
        plugin = self._plugin = await in_thread(self._pool, self._make, made)
        handlers = handlers_of(plugin, self._pool, coroutines, self._status_bytes, others)
        server.add_generic_rpc_handlers(handlers)

    def _make(self, attributes: Mapping[str, Any]) -> Any:
        name, path = identity(self._sources, os.environ)
        return instantiate(self._cls, plugin_id=name, plugin_path=path, **attributes)

    def handlers(self, servicer: Any) -> grpc.GenericRpcHandler:
        """Those of a further servicer of the plugin's. Raises `LaunchError` as `register` does."""
        from ..rpc.served import check
        from ..rpc.servicer import handlers

        check((servicer,))
        return handlers(servicer, self._pool, self._coroutines, self._status_bytes)

    def under_way(self) -> int:
        """How many functions and coroutines of calls go on, whoever waits for them."""
        coroutines = self._coroutines.under_way if self._coroutines is not None else 0
        return self._pool.running + coroutines

    async def stop(self) -> None:
        """After the last call."""
        if self._coroutines is not None:
            await self._coroutines.run(finish, self._plugin, self._pool)
            await self._coroutines.stop()


class ApplicationProcess(ServerProcess):
    """A server of one application and nothing beside it; a style says where it listens."""

    def __init__(self, limits: ServerLimits, application: Application, guardian: Guardian) -> None:
        server = grpc.aio.server(options=server_options(limits))
        super().__init__(server, guardian, application.stop)
        self.counts.append(application.under_way)
        self.application = application

    def register(self) -> Awaitable[None]:
        return self.application.register(self.server)


def handlers_of(
    plugin: Any,
    pool: HandlerPool,
    place: Place,
    status_bytes: int,
    others: frozenset[str] = frozenset(),
) -> tuple[grpc.GenericRpcHandler, ...]:
    """The gRPC handlers of a plugin: of its hooks, and of the services it serves, apart from
    `others`.

    `status_bytes`: of the details of an error that its host takes.
    """
    made: list[grpc.GenericRpcHandler] = []
    if hasattr(plugin, "__hooks__"):
        from ..hooks.dispatch import Dispatcher
        from ..rpc.calling import Running

        table = type(plugin).__hooks__
        running = Running(pool, place, status_bytes)
        made.append(Dispatcher(plugin, table, plugin.logger, running).handlers())
    from ..rpc.servicer import handlers

    served = _serving(plugin, others)
    made += [handlers(each, pool, place, status_bytes, others) for each in served]
    return tuple(made)


def others_than(version: int, versions: Mapping[int, tuple[str, ...]]) -> frozenset[str]:
    """The services of other versions of the application protocol."""
    every = {name for names in versions.values() for name in names}
    return frozenset(every.difference(versions.get(version, ())))


def _serving(plugin: Any, others: frozenset[str]) -> tuple[Any, ...]:
    """The objects that serve the services of a plugin, of which one without hooks must have some.

    Raises `LaunchError` for what would not be served.
    """
    from ..rpc.served import check, check_own, servicers_of

    further: tuple[Any, ...] = ()
    if isinstance(plugin, Hosted):
        check_own(plugin, OWN_NAMES)
        further = tuple(plugin.servicers())
    serves = servicers_of(type(plugin)) or not (further or hasattr(plugin, "__hooks__"))
    objects = (plugin, *further) if serves else further
    check(objects, others)
    return objects


async def finish(plugin: object, pool: HandlerPool) -> None:
    """End what is left of a plugin after its last call, on the loop of its coroutines; the clients
    last, since all others may call the API until they are gone.
    """
    http = sys.modules.get("plugwright_runtime.http")
    if http is not None:
        await http.close_mounts(MOUNT_SECONDS)
    try:
        if isinstance(plugin, ServicePlugin):
            await Threads(pool).call(plugin.on_stop)
    finally:
        await _end_tasks()
        pool.shutdown(wait=False, cancel_futures=True)
        if plugin is not None:
            await clients_of(plugin).close()


async def _end_tasks() -> None:
    """Cancel what still runs here, once, and wait for it."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        if not task.cancelling():
            task.cancel()
    if left:
        await asyncio.wait(left)


def is_plugin(value: object) -> bool:
    """Whether `value` is a class that can be launched."""
    return isinstance(value, type) and (
        issubclass(value, ServicePlugin)
        or hasattr(value, "__hooks__")
        or bool(getattr(value, "__rpcs__", ()))
    )


def instantiate(cls: type[P], **attributes: Any) -> P:
    """An instance of a plugin class that has `attributes` before its `__init__` runs.

    A plain servicer gets none: they could hide methods, which are named by a proto.
    """
    made: Any = cls
    plugin: P = made.__new__(cls)
    if issubclass(cls, Hosted):
        plugin.__dict__.update(attributes)
    made.__init__(plugin)
    return plugin
