"""A time limit is text."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.OnActivate, timeout="5s")  # error
    def handle(self) -> None: ...
