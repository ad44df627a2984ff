"""A handler refuses with text instead of Reject."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.UserWillLogIn)  # error
    def handle(self, context: models.PluginContext, user: models.User) -> str | None:
        return "no"
