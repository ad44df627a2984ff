"""The name of a hook is misspelt in text."""

from mattermost_plugin import Plugin, hook, models


class Wrong(Plugin):
    @hook("MessageWillBePost")  # error
    def handle(self, context: models.PluginContext, post: models.Post) -> None: ...
