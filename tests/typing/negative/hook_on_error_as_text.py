"""A hook is told to fail closed with text."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.UserWillLogIn, on_error="no")  # error
    def handle(self, context: models.PluginContext, user: models.User) -> None: ...
