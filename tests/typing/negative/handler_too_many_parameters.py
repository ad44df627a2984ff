"""A handler takes more parameters than its hook has."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.OnActivate)  # error
    def handle(self, context: models.PluginContext) -> None: ...
