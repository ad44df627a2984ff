"""Makes the mistake of blocking the loop of its coroutines, until a function lets them go on.

INTEROP_HTTP says of which kind the handler of ServeHTTP is.
"""

from __future__ import annotations

import os
import threading
import time

from mattermost_plugin import HookName, Plugin, Request, Response, hook, run_plugin
from mattermost_plugin.models import (
    CommandArgs,
    CommandResponse,
    OnInstallEvent,
    PluginContext,
    Post,
    User,
)

LONGEST = 30.0  # seconds, in case that nobody releases


class Blocking(Plugin):
    def __init__(self) -> None:
        self.release = threading.Event()

    @hook(HookName.UserHasBeenDeactivated, timeout=60)
    async def deactivated(self, plugin_context: PluginContext, user: User) -> None:
        """The culprit; `id` says how it blocks."""
        self.release.clear()
        self.logger.warning("%s begins", user.id)
        if user.id == "endless":
            while True:
                time.sleep(0.05)
        pause = 0.01 if user.id == "sleep" else None
        until = time.monotonic() + LONGEST
        while not self.release.is_set() and time.monotonic() < until:
            if pause is not None:
                time.sleep(pause)
        self.logger.warning("%s ends", user.id)

    @hook(HookName.OnInstall)
    def installed(self, plugin_context: PluginContext, event: OnInstallEvent) -> None:
        self.release.set()

    @hook(HookName.MessageWillBePosted)
    def posted(self, plugin_context: PluginContext, post: Post) -> Post:
        post.hashtags = self.api.get_user(post.user_id).nickname
        return post

    @hook(HookName.ExecuteCommand, timeout=0.5)
    async def execute(self, plugin_context: PluginContext, args: CommandArgs) -> CommandResponse:
        self.logger.warning("command %s runs", args.command)
        return CommandResponse(text="in time")

    @hook(HookName.UserHasBeenCreated, timeout=0.5)
    async def created(self, plugin_context: PluginContext, user: User) -> None:
        pass

    if os.environ.get("INTEROP_HTTP") == "coroutine":

        @hook(HookName.ServeHTTP)
        async def serve_http(self, request: Request) -> Response:
            self.logger.warning("request of %s", request.path)
            return Response("from a coroutine")

    else:

        @hook(HookName.ServeHTTP)
        def serve_http_in_thread(self, request: Request) -> Response:
            self.logger.warning("request of %s", request.path)
            return Response("from a function")


if __name__ == "__main__":
    run_plugin(Blocking)
