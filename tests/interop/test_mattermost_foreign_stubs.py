"""Can a plugin use what grpcio-tools generated, with the broker and without?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from kit.interop.mattermost_host import PLUGINS, MattermostHost

NAME = "foreign"
# Neither has types.
health_pb2: Any = importlib.import_module("grpc_health.v1.health_pb2")
health_pb2_grpc: Any = importlib.import_module("grpc_health.v1.health_pb2_grpc")


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "mtls"])
def host(request: pytest.FixtureRequest) -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        host.activate(PLUGINS / "foreign_stubs.py", NAME, auto_mtls=request.param)
        yield host
        host.stop(NAME)


def command(host: MattermostHost, text: str) -> str:
    answer = host.hook("ExecuteCommand", {"args": {"command": text}}, target=NAME)
    assert answer["code"] == "OK", answer
    assert "error" not in answer["response"], answer
    found: str = answer["response"]["response"]["text"]
    return found


def test_a_served_coroutine_that_blocks_holds_up_nobody(host: MattermostHost) -> None:
    assert command(host, "serve 71") == "serving"
    host.request("broker", plugin=NAME, op="dial", broker_id=71, name="back")
    assert host.request("health", target="back")["status"] == "SERVING"
    assert host.request("health", target="back", service="gone")["code"] == "NOT_FOUND"
    blocks = host.submit("health", target="back", service="blocks")
    worst = 0.0
    for _ in range(10):
        found = host.request("health", target=NAME)
        assert found["status"] == "SERVING"
        worst = max(worst, found["took_ms"])
    assert not blocks.done()
    assert host.hook("OnInstall", target=NAME)["code"] == "OK"
    assert blocks.result(10)["status"] == "SERVING"
    assert worst < 500
    print(f"health while a coroutine of a brokered service blocks: {worst:.1f} ms")


def test_channels_to_the_host(host: MattermostHost) -> None:
    serving = health_pb2.HealthCheckResponse(status="SERVING").SerializeToString()
    answers: dict[str, Any] = {"KVGet": {"response_b64": serving}}
    offered = host.request("broker", plugin=NAME, op="accept", name="offered", answers=answers)
    found = command(host, f"dial {offered['broker_id']}")
    assert found == "status: SERVING status: SERVING UNIMPLEMENTED"


def test_grpc_aio_on_the_loop_of_the_coroutines(host: MattermostHost) -> None:
    """It works, and the log stays clean of what loops that share grpc.aio complain of."""
    server = grpc.server(futures.ThreadPoolExecutor(32))
    health_pb2_grpc.add_HealthServicer_to_server(Three(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        assert command(host, f"directly 127.0.0.1:{port}") == "600"
    finally:
        server.stop(None)
    for text in ("BlockingIOError", "PollerCompletionQueue", "Traceback"):
        records = host.request("logs", name=NAME, contains=text)["records"]
        assert not records, records[0]


class Three(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    def Watch(self, request: Any, context: Any) -> Iterator[Any]:
        for _ in range(3):
            yield health_pb2.HealthCheckResponse(status="SERVING")
