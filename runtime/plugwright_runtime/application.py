"""What of a plugin class takes part in its process?

In: the class, with hooks or as the servicer of a service, and how it is launched. `register` makes
the instance and adds its handlers to a server; `stop` closes what it opened: web applications
first, then the instance's own `on_stop`, the thread pool, the API clients last.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from .plugin import Hosted, ServicePlugin
from .pool import HandlerPool, this_thread_serves

if TYPE_CHECKING:
    from .launch import Launch

P = TypeVar("P")

MOUNT_SECONDS = 0.5  # for web applications to end, out of the process's grace

_log = logging.getLogger("plugwright.launch")


class Application:
    """The application's part of one plugin process."""

    def __init__(self, cls: type[Any], launch: Launch) -> None:
        self._cls = cls
        self._launch = launch
        self._pool = HandlerPool()
        self._plugin: Any = None

    async def register(self, server: Any, **attributes: Any) -> None:
        """Make the instance, with `attributes`, in a thread since its `__init__` may block; and
        serve its hooks or its service.
        """
        this_thread_serves()
        loop = asyncio.get_running_loop()
        plugin = await loop.run_in_executor(self._pool, self._make, attributes)
        self._plugin = plugin
        server.add_generic_rpc_handlers((self._handlers(plugin),))

    def _make(self, attributes: dict[str, Any]) -> Any:
        environ = os.environ
        return instantiate(
            self._cls,
            plugin_id=environ.get(self._launch.id_env, ""),
            plugin_path=environ.get(self._launch.path_env, ""),
            **attributes,
        )

    def _handlers(self, plugin: Any) -> Any:
        if hasattr(plugin, "__hooks__"):
            from .dispatch import Dispatcher

            table = type(plugin).__hooks__
            return Dispatcher(plugin, table, self._pool, plugin.logger).handlers()
        from .servicer import handlers

        return handlers(plugin, self._pool)

    async def stop(self) -> None:
        """After the last call."""
        await finish(self._plugin, self._pool)


async def finish(plugin: object, pool: HandlerPool) -> None:
    """End what a plugin may still use after its last call, on the loop of its coroutines; the
    clients last, since all others may call the API until they are gone.
    """
    http = sys.modules.get("plugwright_runtime.http")
    if http is not None:
        await http.close_mounts(MOUNT_SECONDS)
    try:
        if isinstance(plugin, ServicePlugin):
            await _tell(plugin, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if plugin is not None:
            await close_clients(plugin)


async def _tell(plugin: ServicePlugin, pool: HandlerPool) -> None:
    if inspect.iscoroutinefunction(plugin.on_stop):
        await plugin.on_stop()
        return
    told = await asyncio.get_running_loop().run_in_executor(pool, plugin.on_stop)
    if inspect.isawaitable(told):
        await told


def is_plugin(value: object) -> bool:
    """Whether `value` is a class that can be launched."""
    return isinstance(value, type) and (
        hasattr(value, "__hooks__") or hasattr(value, "__rpcs__")
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


async def close_clients(plugin: object) -> None:
    """Close the API clients of an instance, on the loop that its coroutines ran on."""
    clients: dict[type, Any] = plugin.__dict__.get("_clients", {})
    for client in list(clients.values()):
        try:
            closing = client.close()
            if inspect.isawaitable(closing):
                await closing
        except Exception:
            _log.exception("an API client could not be closed")
