"""A handler returns a list of other models."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.GenerateSupportData)  # error
    def handle(self, context: models.PluginContext) -> list[models.FileInfo]:
        return []
