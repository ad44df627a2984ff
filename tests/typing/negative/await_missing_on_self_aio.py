"""A handler returns a coroutine's result without await."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.RunDataRetention)
    async def handle(self, now_time: int, batch_size: int) -> int:
        return len(self.aio.kv_list())  # error
