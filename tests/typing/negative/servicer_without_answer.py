"""A method of a servicer returns None, though its response has a payload."""

from mattermost_plugin import models
from mattermost_plugin.servicers import PluginAPIServicer
from plugwright_runtime.rpc.servicer import ServerContext


class Wrong(PluginAPIServicer):
    def get_user(self, request: models.GetUserRequest, context: ServerContext, /) -> None:  # error
        return None
