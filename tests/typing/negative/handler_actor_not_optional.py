"""A handler does not expect that the actor may be missing."""

from mattermost_plugin import HookName, Plugin, hook, models


class Wrong(Plugin):
    @hook(HookName.UserHasLeftTeam)  # error
    def handle(
        self,
        context: models.PluginContext,
        member: models.TeamMember,
        actor: models.User,
    ) -> None: ...
