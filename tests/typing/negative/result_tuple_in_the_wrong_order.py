"""An upload is changed with content and description swapped."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.FileWillBeUploaded)  # error
    def handle(
        self, context: models.PluginContext, info: models.FileInfo, content: bytes
    ) -> tuple[bytes, models.FileInfo]:
        return content, info
