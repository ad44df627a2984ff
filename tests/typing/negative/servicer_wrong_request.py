"""A method of a servicer takes another request."""

from mattermost_plugin.models import KVGetResponse, KVSetRequest
from mattermost_plugin.servicers import PluginAPIServicer
from plugwright_runtime.rpc.servicer import ServerContext


class Wrong(PluginAPIServicer):
    def kv_get(self, r: KVSetRequest, c: ServerContext, /) -> KVGetResponse:  # error
        return KVGetResponse()
