"""A method of a servicer does not take the context."""

from mattermost_plugin import models
from mattermost_plugin.servicers import PluginAPIServicer
from plugwright_runtime.rpc.servicer import ServerContext


class Wrong(PluginAPIServicer):
    def get_user(self, request: models.GetUserRequest, /) -> models.GetUserResponse:  # error
        print(ServerContext)
        return models.GetUserResponse()
