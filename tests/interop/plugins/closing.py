"""Says in its log what is closed when it stops, in which order."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from mattermost_plugin import (
    HookName,
    HTTPResult,
    Plugin,
    Request,
    asgi,
    hook,
    run_plugin,
)
from plugwright_runtime.loops import pool


class Closing(Plugin):
    def __init__(self) -> None:
        self.web = asgi(FastAPI(lifespan=self.lifespan))
        self.pool = pool._current.pool  # `__init__` runs in one of its threads
        self.watch(self.api)
        self.watch(self.aio)

    @contextlib.asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        yield
        await self.aio.kv_set("web", self.state())

    def watch(self, client: Any) -> None:
        """Say so when the client is closed."""
        close = client.close

        def watched() -> Any:
            self.logger.warning("%s closed: pool %s", type(client).__name__, self.state())
            return close()

        client.close = watched

    def state(self) -> bytes:
        assert self.pool is not None
        return b"closed" if self.pool._closed else b"open"

    @hook(HookName.ServeHTTP)
    def serve_http(self, request: Request) -> HTTPResult:
        return self.web(request)


if __name__ == "__main__":
    run_plugin(Closing)
