"""A handler takes its parameters in the wrong order."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.MessageHasBeenPosted)  # error
    def handle(self, post: models.Post, context: models.PluginContext) -> None: ...
