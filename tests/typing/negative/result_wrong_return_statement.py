"""What is returned is not what the handler declares."""

from mattermost_plugin import HookName, Plugin, hook


class Wrong(Plugin):
    @hook(HookName.RunDataRetention)
    def handle(self, now_time: int, batch_size: int) -> int:
        return "none"  # error
