"""A coroutine of a servicer returns another response."""

from mattermost_plugin import models
from mattermost_plugin.servicers import PluginAPIServicer
from plugwright_runtime.rpc.servicer import ServerContext


class Wrong(PluginAPIServicer):
    async def get_user(  # error
        self, request: models.GetUserRequest, context: ServerContext, /
    ) -> models.GetTeamResponse:
        return models.GetTeamResponse()
