"""A handler expects another model than the hook sends."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.UserHasBeenCreated)  # error
    def handle(self, context: models.PluginContext, user: models.Bot) -> None: ...
