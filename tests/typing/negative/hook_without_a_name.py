"""The decorator is used without a name."""

from mattermost_plugin import Plugin, hook


class Wrong(Plugin):
    @hook  # error
    def handle(self) -> None: ...
