"""A handler takes fewer parameters than its hook has."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.MessageHasBeenPosted)  # error
    def handle(self, post: models.Post) -> None: ...
