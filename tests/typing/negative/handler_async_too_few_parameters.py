"""A coroutine takes fewer parameters than its hook has."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.UserHasBeenCreated)  # error
    async def handle(self, context: models.PluginContext) -> None: ...
