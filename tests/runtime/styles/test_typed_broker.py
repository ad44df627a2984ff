"""Does a plugin call, and serve, services of its SDK over connections of the broker?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from kit.echo_styles import until
from kit.goplugin.host import BrokerStream, conn_info, target_of
from kit.goplugin.hosted import Hosted, generate, hosted

PROTO = """
syntax = "proto3";
package counting;
message Number { uint32 value = 1; }
message Sum { uint32 value = 1; }
service Counter {
  rpc Sync(Number) returns (Sum);
  rpc Async(Number) returns (Sum);
  rpc Offer(Number) returns (Sum);
  rpc Withdraw(Number) returns (Sum);
  rpc While(Number) returns (Sum);
}
service Adder { rpc Add(Number) returns (Sum); }
"""
CONFIG = """
[sdk]
package = "sdk"
[launch]
style = "go-plugin"
cookie-key = "COUNTING"
cookie-value = "sesame"
service = "Counter"
"""
PLUGIN = """
from sdk import ServicePlugin, run_plugin
from sdk.clients import AdderClient, AsyncAdderClient
from sdk.models import Number, Sum
from sdk.servicers import AdderServicer, CounterServicer
from plugwright_runtime.errors import PluginAPIError, BrokerError

class Adder(AdderServicer):
    async def add(self, request, context, /):
        return Sum(value=request.value + 100)

class Plugin(CounterServicer, ServicePlugin):
    def sync(self, request, context, /):
        try:
            with self.broker.client(AdderClient, request.value) as adder:
                return adder.add(Number(value=1))
        except BrokerError as error:
            raise PluginAPIError(str(error))

    async def async_(self, request, context, /):
        async with self.broker.client(AsyncAdderClient, request.value) as adder:
            first = await adder.add(Number(value=2))
        kept = await self.broker.client(AsyncAdderClient, request.value + 1)
        second = await kept.add(Number(value=3))
        return Sum(value=first.value + second.value)

    def offer(self, request, context, /):
        return Sum(value=self.broker.serve(Adder()))

    async def withdraw(self, request, context, /):
        self.broker.stop(request.value)
        return Sum()

    async def while_(self, request, context, /):
        async with self.broker.serving(Adder()) as number:
            self.logger.info("serving %d", number)
        return Sum(value=number)

run_plugin(Plugin)
"""


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counting")
    (folder / "counting.proto").write_text(PROTO)
    (folder / "plugwright.toml").write_text(CONFIG)
    return generate(folder)


@pytest.fixture
def plugin(sdk: Path, short_path: Path) -> Iterator[Hosted]:
    with hosted(sdk, short_path, PLUGIN, COUNTING="sesame") as plugin:
        yield plugin


@pytest.fixture
def stream(plugin: Hosted) -> Iterator[BrokerStream]:
    stream = BrokerStream(plugin.channel)
    yield stream
    stream.close()


@pytest.fixture
def adder() -> Iterator[str]:
    """The address of one of the host's, which adds 10."""

    def add(request: bytes, context: object) -> bytes:
        return b"\x08" + bytes([request[1] + 10])

    server = grpc.server(ThreadPoolExecutor())
    calls = {"Add": grpc.unary_unary_rpc_method_handler(add)}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("counting.Adder", calls),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


def value(answer: bytes) -> int:
    return answer[1] if answer else 0


def add(network: str, address: str) -> int:
    with grpc.insecure_channel(target_of(network, address)) as channel:
        return value(channel.unary_unary("/counting.Adder/Add")(b"\x08\x05", timeout=20))


def refused(network: str, address: str) -> bool:
    try:
        add(network, address)
    except grpc.RpcError as error:
        return bool(error.code() is grpc.StatusCode.UNAVAILABLE)
    return False


def test_a_function_calls_what_the_host_offers(
    plugin: Hosted, stream: BrokerStream, adder: str
) -> None:
    stream.send(conn_info(7, "tcp", adder))
    assert value(plugin.call("/counting.Counter/Sync", b"\x08\x07")) == 11


def test_a_coroutine_calls_what_the_host_offers(
    plugin: Hosted, stream: BrokerStream, adder: str
) -> None:
    stream.send(conn_info(7, "tcp", adder))
    stream.send(conn_info(8, "tcp", adder))
    assert value(plugin.call("/counting.Counter/Async", b"\x08\x07")) == 25


def test_what_the_host_does_not_offer_is_an_error_of_the_call(
    plugin: Hosted, stream: BrokerStream
) -> None:
    with pytest.raises(grpc.RpcError, match="the host offered no broker service 9 within 5 s"):
        plugin.call("/counting.Counter/Sync", b"\x08\x09")


def test_a_servicer_is_served_until_it_is_stopped(plugin: Hosted, stream: BrokerStream) -> None:
    number = value(plugin.call("/counting.Counter/Offer"))
    offered, network, address = stream.receive()
    assert offered == number
    assert add(network, address) == 105
    plugin.call("/counting.Counter/Withdraw", b"\x08" + bytes([number]))
    until(lambda: refused(network, address))


def test_a_servicer_is_served_for_the_time_of_a_statement(
    plugin: Hosted, stream: BrokerStream
) -> None:
    number = value(plugin.call("/counting.Counter/While"))
    assert value(plugin.call("/counting.Counter/Offer")) == number + 1
    offered, network, address = stream.receive()
    if offered == number:  # it may have ended before the host could be told
        until(lambda: refused(network, address))
