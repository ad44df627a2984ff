"""A hook that cannot refuse is told to fail closed."""

from mattermost_plugin import HookName, Plugin, Reject, hook


class Wrong(Plugin):
    @hook(HookName.OnActivate, on_error=Reject("no"))  # error
    def handle(self) -> None: ...
