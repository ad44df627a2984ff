"""A handler expects JSON text where the hook sends a document."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.ConfigurationWillBeSaved)  # error
    def handle(self, new_config: str) -> None: ...
