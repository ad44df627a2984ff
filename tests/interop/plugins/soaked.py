"""A bit of all: functions and coroutines that call the API, failures, prints, HTTP streams."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from mattermost_plugin import (
    HookName,
    HTTPResult,
    Plugin,
    Reject,
    Request,
    StreamingResponse,
    hook,
    models,
    run_plugin,
)

BLOCK = bytes(4096)


class Soaked(Plugin):
    @hook(HookName.MessageWillBePosted)
    def posted(self, plugin_context: models.PluginContext, post: models.Post) -> models.Post | None:
        self.logger.debug("posted %s", post.id)
        post.message = self.api.get_post(post.id).id
        return post

    @hook(HookName.MessageWillBeUpdated)
    async def updated(
        self,
        plugin_context: models.PluginContext,
        new_post: models.Post,
        old_post: models.Post,
    ) -> models.Post | None:
        new_post.message = (await self.aio.get_user(new_post.id)).id
        return new_post

    @hook(HookName.UserWillLogIn)
    def login(self, plugin_context: models.PluginContext, user: models.User) -> Reject | None:
        print("login of", user.id)
        raise ValueError("nobody may log in")

    @hook(HookName.UserHasLoggedIn)
    def logged_in(self, plugin_context: models.PluginContext, user: models.User) -> None:
        """Occupies a thread for long enough to fill the pool."""
        time.sleep(0.3)

    @hook(HookName.ServeHTTP)
    async def serve_http(self, request: Request) -> HTTPResult:
        async def blocks() -> AsyncIterator[bytes]:
            async for chunk in request:
                yield chunk
            for _ in range(16):
                yield BLOCK

        return StreamingResponse(blocks())


if __name__ == "__main__":
    run_plugin(Soaked)
