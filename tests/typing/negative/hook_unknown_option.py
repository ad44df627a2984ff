"""The decorator has no such option."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.OnActivate, retries=3)  # error
    def handle(self) -> None: ...
