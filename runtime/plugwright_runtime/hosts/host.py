"""How does a program run a plugin, and call it?

    with Host(spec, ["./plugin"]) as plugin:
        plugin.client(KVClient).get("k")

`spec` has the constants of the plugin system: a `PluginSpec`, `SocketArgument` or `PortOnStdout`,
as plugins of it have them too. `AsyncHost` is the same for coroutines. One object is one process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from ..loops.crossing import mailbox
from ..loops.pool import waiting
from ..rpc.client import ClientBase, explain
from ..rpc.client_async import AsyncClient
from ..rpc.client_sync import SyncClient
from ..rpc.servicer import Servicer
from .attach import Running
from .channels import dialled, dialled_here
from .core import Core
from .failures import Exit
from .loop import host_loop
from .options import Options
from .served import Api
from .ways import Spec, known, way_of

C = TypeVar("C", bound=SyncClient)
A = TypeVar("A", bound=AsyncClient)
T = TypeVar("T")


class _Host:
    def __init__(
        self,
        spec: Spec,
        command: Sequence[str],
        options: Options | None = None,
        api: Api | None = None,
    ) -> None:
        """`command`: the program and its arguments; no shell sees them. `api`: what the plugin may
        call from its start on.
        """
        style = known(spec)
        self._core = Core(style, way_of(style), command, options or Options())
        self._core.api = api
        self._channel: Any = None
        self._dialled: list[Any] = []
        self._begun = False

    @classmethod
    def attach(
        cls, spec: Spec, config: str | Mapping[str, Any], options: Options | None = None
    ) -> Self:
        """The host of a go-plugin that somebody else has started, as its ReattachConfig (JSON)
        says. It is left running at the end, unless the options say `kill_attached`.
        """
        made = cls.__new__(cls)
        _Host.__init__(made, spec, ["attached"], options)
        made._core.running = Running.read(config)
        return made

    @property
    def reattach_config(self) -> str:
        """What another host needs to call this plugin too, while it runs; JSON. Under AutoMTLS none
        can.
        """
        return self._core.reattach_config()

    @property
    def name(self) -> str:
        """The program's, or what the options say; its log is that of `plugin.<name>`."""
        return self._core.options.name

    @property
    def pid(self) -> int:
        return self._core.pid

    @property
    def version(self) -> int:
        """Of the application's protocol, as the plugin chose it; 0 where there are none."""
        return self._core.version

    @property
    def exit(self) -> Exit | None:
        """How the process ended, None while it runs."""
        return self._core.exit

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return host_loop().submit(work)

    def _begin(self) -> Future[None]:
        if self._begun:
            raise RuntimeError("a host starts its plugin once: make another for another process")
        self._begun = True
        return self._submit(self._core.start(host_loop()))

    def _channels(self) -> list[Any]:
        """All that are open; they are the caller's to close."""
        channels = [*self._dialled, *([] if self._channel is None else [self._channel])]
        self._dialled.clear()
        self._channel = None
        return channels

    def _held(self, client: Any) -> Any:
        """A client that knows when the plugin is gone."""
        assert isinstance(client, ClientBase)
        explain(client, self._core.why)
        return client


class Host(_Host):
    """A plugin process for functions; safe to share between threads."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the plugin and wait until it serves; raises a `StartError`."""
        self._wait(self._begin())
        return self

    def client(self, cls: type[C]) -> C:
        """A client of one of the plugin's services; clients share a connection."""
        if self._channel is None:
            self._channel = dialled(self._core.target, self._core.style)
        made: C = self._held(cls(channel=self._channel))
        return made

    def serve(self, servicer: Servicer) -> int:
        """Serve the plugin on a connection of its own, until it ends. The number is for it to dial,
        and goes to it in a message of the application's, at once: an offer that is 5 s old is
        forgotten. Raises `BrokerError`.
        """
        return self._wait(self._submit(self._core.serve(servicer)))

    def dial(self, cls: type[C], number: int) -> C:
        """A client of what the plugin offers under a number. Raises `BrokerError` if it does not
        within 5 s.
        """
        dialled_now = self._wait(self._submit(self._core.dial(number)))
        channel = dialled(dialled_now.target, self._core.style)
        self._dialled.append(channel)
        made: C = self._held(cls(channel=channel))
        return made

    def ping(self, timeout: float = 5.0) -> None:
        """Raises `UnavailableError` if the plugin does not say in time that it serves."""
        self._wait(self._submit(self._core.ping(timeout)))

    def stop(self) -> Exit:
        """Stop the plugin: ask it, and kill it if it is still there after the grace."""
        exit = self._wait(self._submit(self._core.stop()))
        for channel in self._channels():
            channel.close()
        return exit

    def _wait(self, future: Future[T]) -> T:
        with waiting():
            try:
                return future.result()
            except BaseException:  # Ctrl-C, too
                future.cancel()
                raise


class AsyncHost(_Host):
    """A plugin process for coroutines, for one event loop."""

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> Self:
        """As `Host.start`; to cancel it ends the plugin."""
        self._core.there = mailbox()
        await asyncio.wrap_future(self._begin())
        return self

    def client(self, cls: type[A]) -> A:
        """As `Host.client`."""
        if self._channel is None:
            self._channel = dialled_here(self._core.target, self._core.style)
        made: A = self._held(cls(channel=self._channel))
        return made

    async def serve(self, servicer: Servicer) -> int:
        """As `Host.serve`; the coroutines of `servicer` run on this loop."""
        return await asyncio.wrap_future(self._submit(self._core.serve(servicer)))

    async def dial(self, cls: type[A], number: int) -> A:
        """As `Host.dial`."""
        dialled_now = await asyncio.wrap_future(self._submit(self._core.dial(number)))
        channel = dialled_here(dialled_now.target, self._core.style)
        self._dialled.append(channel)
        made: A = self._held(cls(channel=channel))
        return made

    async def ping(self, timeout: float = 5.0) -> None:
        """As `Host.ping`."""
        await asyncio.wrap_future(self._submit(self._core.ping(timeout)))

    async def stop(self) -> Exit:
        """As `Host.stop`."""
        exit = await asyncio.wrap_future(self._submit(self._core.stop()))
        for channel in self._channels():
            await channel.close()
        return exit
