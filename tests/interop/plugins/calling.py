"""Calls the API from its hooks, from functions and from coroutines, as deep as it is told to."""

from __future__ import annotations

import asyncio
import threading

from mattermost_plugin import HookName, NotFoundError, Plugin, hook, models, run_plugin


class Calling(Plugin):
    def __init__(self) -> None:
        self.release = threading.Event()

    @hook(HookName.MessageWillBePosted, timeout=60)
    def posted(self, plugin_context: models.PluginContext, post: models.Post) -> models.Post | None:
        """`message` is how deep to go: the host calls this hook again from GetPost."""
        depth = int(post.message or 0)
        if depth > 0:
            below = self.api.get_post(str(depth - 1), timeout=60)
            post.hashtags = str(int(below.hashtags or 0) + 1)
        return post

    @hook(HookName.MessageWillBeUpdated, timeout=60)
    async def updated(
        self,
        plugin_context: models.PluginContext,
        new_post: models.Post,
        old_post: models.Post,
    ) -> models.Post | None:
        depth = int(new_post.message or 0)
        if depth > 0:
            below = await self.aio.get_user(str(depth - 1), timeout=60)
            new_post.hashtags = str(int(below.nickname or 0) + 1)
        return new_post

    @hook(HookName.UserWillLogIn)
    def login(self, plugin_context: models.PluginContext, user: models.User) -> None:
        try:
            self.api.get_user(user.id)
        except NotFoundError as error:
            self.logger.warning("not there: %s", error)

    @hook(HookName.UserHasLoggedIn)
    def logged_in(self, plugin_context: models.PluginContext, user: models.User) -> None:
        """Occupies a thread of the pool without calling anybody, until `installed` is called."""
        assert self.release.wait(20)

    @hook(HookName.OnInstall)
    async def installed(
        self, plugin_context: models.PluginContext, event: models.OnInstallEvent
    ) -> None:
        self.release.set()

    @hook(HookName.UserHasBeenCreated)
    async def created(self, plugin_context: models.PluginContext, user: models.User) -> None:
        """A mistake: it would block the event loop."""
        self.api.get_user(user.id)

    @hook(HookName.UserHasBeenDeactivated)
    async def deactivated(self, plugin_context: models.PluginContext, user: models.User) -> None:
        """Waits for ever, and says so when it begins and when it is cancelled."""
        self.logger.warning("waiting for %s", user.id)
        try:
            await asyncio.Event().wait()
        finally:
            self.logger.warning("no longer waiting for %s", user.id)


if __name__ == "__main__":
    run_plugin(Calling)
