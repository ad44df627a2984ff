"""A `grpc.aio` server whose handlers run on a `HandlerLoop`, and a client of it.

In: behaviours as grpc has them, each with its kind. Out: the channel and the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from importlib import import_module
from typing import Any, TypeVar

from plugwright_runtime.loops.places import HandlerLoop
from plugwright_runtime.rpc.bridged_calls import bridged

# grpcio ships no types.
grpc: Any = import_module("grpc")
aio: Any = import_module("grpc.aio")

T = TypeVar("T")
THREAD = "coroutines"


def run(scenario: Callable[[], Coroutine[Any, Any, T]], seconds: float = 20.0) -> T:
    """The result of a test's coroutine on a fresh loop; a hang is a failure."""

    async def bounded() -> T:
        return await asyncio.wait_for(scenario(), seconds)

    return asyncio.run(bounded())


def here() -> bytes:
    return threading.current_thread().name.encode()


async def one_by_coroutine(request: bytes, context: Any) -> bytes:
    return request + b" in " + here()


class Watch:
    """What a handler that waits saw of its end."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()
        self.cancelling = 0
        self.error: BaseException | None = None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.cancelling, self.error = task.cancelling(), error
        self.ended.set()


class Served:
    """`call(name)` makes calls of the behaviour `name`, bytes to bytes, at `target`."""

    def __init__(self, target: str, channel: Any, loop: HandlerLoop, kinds: dict[str, str]) -> None:
        self.target = target
        self.loop = loop
        self._channel = channel
        self._kinds = kinds

    def call(self, name: str) -> Any:
        return getattr(self._channel, self._kinds[name])(f"/test.App/{name}")


@contextlib.asynccontextmanager
async def served(*behaviours: Any) -> AsyncIterator[Served]:
    """Serve `(kind, behaviour)` pairs, each under the name of its function."""
    loop = HandlerLoop()
    kinds = {behaviour.__name__: kind for kind, behaviour in behaviours}
    handlers = {
        behaviour.__name__: bridged(getattr(grpc, f"{kind}_rpc_method_handler")(behaviour), loop)
        for kind, behaviour in behaviours
    }
    server = aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.App", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    target = f"127.0.0.1:{port}"
    async with aio.insecure_channel(target) as channel:
        try:
            yield Served(target, channel, loop, kinds)
        finally:
            await server.stop(None)
            await loop.stop()
