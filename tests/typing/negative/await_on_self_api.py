"""A handler awaits the sync client."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.OnActivate)
    async def handle(self) -> None:
        await self.api.kv_delete_all()  # error
