"""A handler returns True for consent, which no hook knows."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.UserWillLogIn)  # error
    def handle(self, context: models.PluginContext, user: models.User) -> bool:
        return True
