"""A handler expects one post where the hook sends a list."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.MessagesWillBeConsumed)  # error
    def handle(self, post: models.Post) -> None: ...
