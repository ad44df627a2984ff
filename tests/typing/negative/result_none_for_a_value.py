"""A handler returns nothing where a value is needed."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.ExecuteCommand)  # error
    def handle(self, context: models.PluginContext, args: models.CommandArgs) -> None: ...
