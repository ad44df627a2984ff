"""A handler refuses what has happened already."""

from mattermost_plugin import HookName, Plugin, Reject, hook, models


class Wrong(Plugin):
    @hook(HookName.UserHasBeenCreated)  # error
    def handle(self, context: models.PluginContext, user: models.User) -> Reject | None:
        return Reject("no")
