#!/usr/bin/env python3
"""A FastAPI application below /plugins/com.example.http, which asks the server for its answers."""

from collections.abc import AsyncIterator

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from mattermost_plugin import (
    HookName,
    HTTPResult,
    NotFoundError,
    Plugin,
    asgi,
    hook,
    run_plugin,
)
from mattermost_plugin import Request as PluginRequest


class Http(Plugin):
    def __init__(self) -> None:
        self.web = asgi(application(self), root_path=f"/plugins/{self.plugin_id}")

    @hook(HookName.ServeHTTP)
    async def serve_http(self, request: PluginRequest) -> HTTPResult:
        return self.web(request)


def application(plugin: Http) -> FastAPI:
    app = FastAPI(title="HTTP example")

    @app.get("/users/{user_id}")
    async def get_user(user_id: str) -> dict[str, str]:
        try:
            user = await plugin.aio.get_user(user_id)
        except NotFoundError:
            raise HTTPException(404, "no such user") from None
        return {"id": user.id, "username": user.username}

    @app.post("/size")
    async def size(request: Request) -> dict[str, int]:
        """The body is read as it arrives: it may be larger than the memory."""
        total = 0
        async for chunk in request.stream():
            total += len(chunk)
        return {"size": total}

    @app.get("/numbers/{count}")
    async def numbers(count: int) -> StreamingResponse:
        """Each line leaves as soon as it is made."""

        async def lines() -> AsyncIterator[str]:
            for number in range(count):
                yield f"{number}\n"

        return StreamingResponse(lines(), media_type="text/plain")

    return app


if __name__ == "__main__":
    run_plugin(Http)
