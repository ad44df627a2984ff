"""A handler returns another model than its hook changes."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.MessageWillBePosted)  # error
    def handle(self, context: models.PluginContext, post: models.Post) -> models.FileInfo:
        return models.FileInfo()
