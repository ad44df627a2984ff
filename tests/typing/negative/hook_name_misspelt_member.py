"""The name of a hook is misspelt."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.MessageWillBePost)  # error
    def handle(self, context: models.PluginContext, post: models.Post) -> None: ...
