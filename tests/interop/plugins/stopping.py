"""Says through the API what happens when it stops, from each place that may still do something."""

from __future__ import annotations

import asyncio
import contextlib
import threading
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
from mattermost_plugin.models import PluginContext, User


class Stopping(Plugin):
    def __init__(self) -> None:
        self.web = asgi(FastAPI(lifespan=self.lifespan))
        self.tasks: set[asyncio.Task[None]] = set()
        close = self.aio.close

        def watched() -> Any:
            self.logger.warning("client closed in %s", where())
            return close()

        self.aio.close = watched  # type: ignore[method-assign]

    async def say(self, what: str) -> None:
        await asyncio.sleep(0.05)  # so that who does not wait for it is found out
        await self.aio.kv_set(what, where().encode())
        self.logger.warning("said %s", what)

    @contextlib.asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        yield
        await self.say("lifespan")

    async def until_cancelled(self, name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await self.say(name)

    @hook(HookName.OnActivate)
    async def activated(self) -> None:
        self.tasks.add(asyncio.create_task(self.until_cancelled("task")))

    @hook(HookName.UserHasBeenDeactivated, timeout=60)
    async def deactivated(self, plugin_context: PluginContext, user: User) -> None:
        self.logger.warning("waiting")
        await self.until_cancelled("hook")

    @hook(HookName.ServeHTTP)
    def serve_http(self, request: Request) -> HTTPResult:
        return self.web(request)


def where() -> str:
    return threading.current_thread().name


if __name__ == "__main__":
    run_plugin(Stopping)
