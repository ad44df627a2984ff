"""Uses the broker both ways: dials a service of the host's, and serves one to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mattermost_plugin import (
    AsyncPluginAPIClient,
    HookName,
    Plugin,
    hook,
    models,
    run_plugin,
)
from mattermost_plugin.models import KVGetRequest, KVGetResponse
from mattermost_plugin.servicers import PluginAPIServicer
from plugwright_runtime.rpc.servicer import ServerContext, handlers


class Store(PluginAPIServicer):
    def kv_get(self, request: KVGetRequest, context: ServerContext) -> KVGetResponse:
        return KVGetResponse(value=f"value of {request.key}".encode())


class Brokered(Plugin):
    @hook(HookName.ExecuteCommand)
    async def execute(
        self, plugin_context: models.PluginContext, args: models.CommandArgs
    ) -> models.CommandResponse:
        word, number = args.command.split()
        if word == "dial":
            dialled = await self.broker.dial(int(number))
            client = AsyncPluginAPIClient(channel=dialled.channel)
            text = (await client.kv_get("hello")).decode()
            await dialled.close()
            return models.CommandResponse(text=text)

        def register(server: Any) -> None:
            server.add_generic_rpc_handlers((handlers(Store(), ThreadPoolExecutor(2)),))

        await self.broker.accept(int(number), register)
        return models.CommandResponse(text="serving")


if __name__ == "__main__":
    run_plugin(Brokered)
