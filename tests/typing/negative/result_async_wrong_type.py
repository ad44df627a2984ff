"""A coroutine returns text where a number is needed."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.RunDataRetention)  # error
    async def handle(self, now_time: int, batch_size: int) -> str:
        return "none"
