"""Implemented is answered by the runtime and is no hook."""

from mattermost_plugin import Plugin, hook


class Wrong(Plugin):
    @hook("Implemented")  # error
    def handle(self) -> list[str]:
        return []
