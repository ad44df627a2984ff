"""A handler dismisses where only a refusal is known."""

from mattermost_plugin import DISMISS, Dismiss, HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.MessageWillBeUpdated)  # error
    def handle(self, context: models.PluginContext, new: models.Post, old: models.Post) -> Dismiss:
        return DISMISS
