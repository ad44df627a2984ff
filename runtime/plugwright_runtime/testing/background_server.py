"""How does a test serve something in its own process? As a plugin's process does: on a loop for the
transport, in a thread, beside one for the coroutines of the handlers. Over a real channel on
loopback, for the fake API of a harness and for whatever a test kit of a system serves.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import grpc
import grpc.aio

from ..limits import message_limits
from ..loops.places import HandlerLoop, Place
from ..loops.pool import this_thread_serves
from ..process.endpoint import discard

T = TypeVar("T")


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
