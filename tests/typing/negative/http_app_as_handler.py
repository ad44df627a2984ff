"""A web application is used without a mount."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    web = hook(HookName.ServeHTTP)(models.Post())  # error
