"""How does a plugin class become the process that a host has started?

In: the class and the SDK's `Launch`. `run` makes the instance, serves its hooks as a go-plugin
process until the host ends it, and closes what it opened: web applications first, then the thread
pool, the API clients last.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from .pool import HandlerPool, this_thread_serves

if TYPE_CHECKING:
    from .goplugin.process import PluginContext
    from .goplugin.spec import PluginSpec
    from .plugin import PluginBase

P = TypeVar("P", bound="PluginBase")

REATTACH = "--reattach"
MOUNT_SECONDS = 0.5  # for web applications to end, out of the process's grace

_log = logging.getLogger("plugwright.launch")
_host_environ: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """How a host starts the plugins of one SDK.

    `process`: what the go-plugin protocol needs. `id_env`, `path_env`: the variables with the
    plugin's id and folder, "" if the host has none.
    """

    process: PluginSpec
    id_env: str = ""
    path_env: str = ""

    def prepare(self) -> None:
        """Put stdout aside and send logs to the host, if a host started this process; once."""
        global _host_environ
        from .goplugin.early import prepare

        if prepare(self.process) is not None and _host_environ is None:
            _host_environ = dict(os.environ)
            # A program that the plugin starts is no plugin, even if it imports the SDK.
            os.environ.pop(self.process.cookie_key, None)


def run(plugin: type[PluginBase], launch: Launch) -> NoReturn:
    """Be the process of `plugin`; never returns.

    With `--reattach` on the command line it is started by hand, for a debugger: no host is needed,
    and the address to attach to is printed.
    """
    from .goplugin.process import run as run_process

    if not _is_plugin(plugin):
        raise TypeError(
            f"run_plugin takes a plugin class, as in run_plugin(MyPlugin), not {plugin!r}"
        )
    launch.prepare()
    process = _Process(plugin, launch)
    run_process(
        launch.process,
        process.register,
        on_stop=process.stop,
        environ=_host_environ,
        reattach=REATTACH in sys.argv[1:],
    )


def _is_plugin(plugin: object) -> bool:
    return isinstance(plugin, type) and hasattr(plugin, "__hooks__")


class _Process:
    """The application's part of one plugin process."""

    def __init__(self, cls: type[PluginBase], launch: Launch) -> None:
        self._cls = cls
        self._launch = launch
        self._pool = HandlerPool()
        self._plugin: PluginBase | None = None

    async def register(self, context: PluginContext) -> None:
        """Make the instance, in a thread since its `__init__` may block, and serve its hooks."""
        from .dispatch import Dispatcher

        this_thread_serves()
        loop = asyncio.get_running_loop()
        plugin = await loop.run_in_executor(self._pool, self._make, context)
        self._plugin = plugin
        dispatcher = Dispatcher(plugin, self._cls.__hooks__, self._pool, plugin.logger)
        context.server.add_generic_rpc_handlers((dispatcher.handlers(),))

    def _make(self, context: PluginContext) -> PluginBase:
        environ = os.environ
        return instantiate(
            self._cls,
            broker=context.broker,
            plugin_id=environ.get(self._launch.id_env, ""),
            plugin_path=environ.get(self._launch.path_env, ""),
        )

    async def stop(self) -> None:
        """After the last call: end what the plugin may still use, the clients last."""
        http = sys.modules.get("plugwright_runtime.http")
        if http is not None:
            await http.close_mounts(MOUNT_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._plugin is not None:
            await close_clients(self._plugin)


def instantiate(cls: type[P], **attributes: Any) -> P:
    """An instance of a plugin class that has `attributes` before its `__init__` runs."""
    plugin = cls.__new__(cls)
    plugin.__dict__.update(attributes)
    cls.__init__(plugin)
    return plugin


async def close_clients(plugin: PluginBase) -> None:
    """Close the API clients of an instance, on the loop that its coroutines ran on."""
    clients: dict[type, Any] = plugin.__dict__.get("_clients", {})
    for client in list(clients.values()):
        try:
            closing = client.close()
            if inspect.isawaitable(closing):
                await closing
        except Exception:
            _log.exception("an API client could not be closed")
