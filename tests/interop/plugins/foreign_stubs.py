"""Uses the broker, and a connection of its own, with code that grpcio-tools generated."""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

from mattermost_plugin import HookName, Plugin, hook, run_plugin
from mattermost_plugin.models import (
    CommandArgs,
    CommandResponse,
    OnInstallEvent,
    PluginContext,
)

# None of these has types.
grpc: Any = importlib.import_module("grpc")
aio: Any = importlib.import_module("grpc.aio")
pb2: Any = importlib.import_module("grpc_health.v1.health_pb2")
pb2_grpc: Any = importlib.import_module("grpc_health.v1.health_pb2_grpc")

SERVING = pb2.HealthCheckResponse(status="SERVING")
release = threading.Event()


class Health(pb2_grpc.HealthServicer):  # type: ignore[misc]
    async def Check(self, request: Any, context: Any) -> Any:
        if request.service == "gone":
            await context.abort(grpc.StatusCode.NOT_FOUND, "gone")
        until = time.monotonic() + 20
        while request.service == "blocks":
            if release.is_set() or time.monotonic() > until:
                break
            time.sleep(0.01)
        return SERVING

    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for _ in range(3):
            yield SERVING


class Foreign(Plugin):
    @hook(HookName.OnInstall)
    def installed(self, plugin_context: PluginContext, event: OnInstallEvent) -> None:
        release.set()

    @hook(HookName.ExecuteCommand)
    async def execute(self, plugin_context: PluginContext, args: CommandArgs) -> CommandResponse:
        word, _, rest = args.command.partition(" ")
        text = await getattr(self, word)(rest)
        return CommandResponse(text=text)

    async def serve(self, number: str) -> str:
        def register(server: Any) -> None:
            pb2_grpc.add_HealthServicer_to_server(Health(), server)

        await self.broker.accept(int(number), register)
        return "serving"

    async def dial(self, number: str) -> str:
        """Asks the service behind that number, on a channel of either kind."""
        dialled = await self.broker.dial(int(number))

        def ask() -> str:
            with grpc.insecure_channel(dialled.target) as channel:
                return str(check_at(channel)(pb2.HealthCheckRequest(), timeout=5))

        found = [
            str(await check_at(dialled.channel)(pb2.HealthCheckRequest(), timeout=5)),
            await asyncio.to_thread(ask),
        ]
        try:
            stub = pb2_grpc.HealthStub(dialled.channel)
            await stub.Check(pb2.HealthCheckRequest(), timeout=5)
        except grpc.RpcError as error:
            found.append(error.code().name)
        await dialled.close()
        return " ".join(found).replace("\n", "")

    async def directly(self, target: str) -> str:
        """As a library does that knows nothing of us: on the running loop."""

        async def watch(stub: Any) -> int:
            call = stub.Watch(pb2.HealthCheckRequest(service="watched"), timeout=10)
            return len([answer async for answer in call])

        async with aio.insecure_channel(target) as channel:
            stub = pb2_grpc.HealthStub(channel)
            counts = [await asyncio.gather(*(watch(stub) for _ in range(20))) for _ in range(10)]
        return str(sum(map(sum, counts)))


def check_at(channel: Any) -> Any:
    """A method of the host's that stands in for Check, as generated stubs make theirs."""
    return channel.unary_unary(
        "/mattermost.pluginapi.v1.PluginAPI/KVGet",
        request_serializer=pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=pb2.HealthCheckResponse.FromString,
        _registered_method=True,
    )


if __name__ == "__main__":
    run_plugin(Foreign)
