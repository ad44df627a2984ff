"""A bare grpc.aio server that answers every unary call with the request's bytes: the floor."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

grpc: Any = importlib.import_module("grpc")  # grpcio carries no types
aio: Any = importlib.import_module("grpc.aio")


class Echo(grpc.GenericRpcHandler):  # type: ignore[misc]
    def service(self, details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(echo)


async def echo(request: bytes, context: Any) -> bytes:
    return request


async def main() -> None:
    server = aio.server()
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


asyncio.run(main())
