"""A handler expects text where the hook sends bytes."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.FileWillBeUploaded)  # error
    def handle(
        self, context: models.PluginContext, info: models.FileInfo, content: str
    ) -> None: ...
