"""A handler has a required keyword that nobody passes."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.OnActivate)  # error
    def handle(self, *, verbose: bool) -> None: ...
