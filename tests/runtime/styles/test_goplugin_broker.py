"""Do broker connections work both ways, within go-plugin's time limits?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from kit.goplugin.host import (
    LIMITS,
    BrokerStream,
    conn_info,
    program,
    read_fields,
    short_directory,
    start_plugin,
    target_of,
)
from plugwright_runtime.styles.goplugin.broker import Broker, BrokerError

place = pytest.fixture(short_directory, name="place")

PLUGIN = """
async def rpc_Serve(request, context):
    "Serve an echo for the host under a new number, which is the answer."
    number = plugin.broker.next_id()
    def add(server):
        async def echo(request, context):
            return b"plugin:" + request
        handler = grpc.method_handlers_generic_handler(
            "test.Back", {"Echo": grpc.unary_unary_rpc_method_handler(echo)})
        server.add_generic_rpc_handlers((handler,))
    global accepted
    accepted = await plugin.broker.accept(number, add)
    return b"%d" % number

async def rpc_Unserve(request, context):
    await accepted.close()
    return b""

async def rpc_Dial(request, context):
    "Call the host's service of that number, async and sync."
    try:
        dialled = await plugin.broker.dial(int(request))
    except goplugin.BrokerError as error:
        return f"BrokerError: {error}".encode()
    answer = await dialled.channel.unary_unary("/test.Host/Echo")(b"a" * 5_000_000, timeout=5)
    def sync():
        with grpc.insecure_channel(dialled.target) as channel:
            return channel.unary_unary("/test.Host/Echo")(b"sync", timeout=5)
    second = await asyncio.to_thread(sync)
    await dialled.close()
    return b"%d %s" % (len(answer), second)

async def rpc_Accept(request, context):
    try:
        await plugin.broker.accept(int(request), lambda server: None)
    except goplugin.BrokerError as error:
        return f"BrokerError: {error}".encode()
    return b"accepted"
"""


@contextlib.contextmanager
def host_service(address: str) -> Iterator[str]:
    """A service of the host's on a grpc address; yields the address as an offer spells it."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=LIMITS)
    echo = grpc.unary_unary_rpc_method_handler(lambda request, _: b"host:" + request)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Host", {"Echo": echo}),)
    )
    port = server.add_insecure_port(address)
    server.start()
    try:
        yield address.removeprefix("unix:") if port == 1 else f"127.0.0.1:{port}"
    finally:
        server.stop(None)


@contextlib.contextmanager
def connected(path: Path, **env: str) -> Iterator[tuple[Any, BrokerStream]]:
    with start_plugin(program(PLUGIN), path, **env) as host:
        broker = BrokerStream(host.channel)
        try:
            yield host, broker
        finally:
            broker.close()


def test_the_plugin_serves_the_host(place: Path) -> None:
    with connected(place, PLUGIN_UNIX_SOCKET_DIR=str(place)) as (host, broker):
        offers = []
        for _ in range(3):
            number = int(host.app("Serve"))
            offers.append(broker.receive())
            assert offers[-1][0] == number
        assert [offer[0] for offer in offers] == [1, 2, 3], "each side numbers from 1"
        for _, network, address in offers:
            assert network == "unix"
            assert os.path.dirname(address) == str(place)
            with grpc.insecure_channel(target_of(network, address), options=LIMITS) as channel:
                call = channel.unary_unary("/test.Back/Echo")
                assert call(b"x", timeout=5) == b"plugin:x"
                big = b"y" * 5_000_000
                assert call(big, timeout=5) == b"plugin:" + big
        host.app("Unserve")
        assert [os.path.exists(offer[2]) for offer in offers] == [True, True, False]
        assert host.shut_down() == 0
        assert not any(os.path.exists(offer[2]) for offer in offers)


def test_a_number_is_free_again_when_its_service_is_closed(place: Path) -> None:
    with connected(place) as (host, _):
        number = host.app("Serve")
        assert b"is served already" in host.app("Accept", number)
        host.app("Unserve")
        assert host.app("Accept", number) == b"accepted"


@pytest.mark.parametrize("address", ["unix:{}/host sock", "127.0.0.1:0"])
@pytest.mark.parametrize("offer_first", [True, False])
def test_the_plugin_dials_the_host(place: Path, address: str, offer_first: bool) -> None:
    socket = place / "host sock"
    quoted = address.format(place).replace(" ", "%20")
    with connected(place) as (host, broker), host_service(quoted) as found:
        network, found = ("unix", str(socket)) if "unix" in address else ("tcp", found)
        dial = host.channel.unary_unary("/test.App/Dial")
        if offer_first:
            broker.send(conn_info(7, network, found))
            answer = dial(b"7", timeout=8)
        else:
            future = dial.future(b"7", timeout=8)
            host.app("Accept", b"99")  # a round trip: the dial has begun to wait
            broker.send(conn_info(7, network, found))
            answer = future.result()
        assert answer == b"5000005 host:sync"


def test_dialling_waits_five_seconds_and_an_offer_lives_as_long(place: Path) -> None:
    with connected(place) as (host, broker):
        broker.send(conn_info(1, "unix", "/nowhere"))
        begin = time.monotonic()
        calls = [host.channel.unary_unary("/test.App/Dial").future(b"5", timeout=9)]
        host.app("Accept", b"99")
        twice = host.app("Dial", b"5")
        assert b"is being dialled already" in twice
        assert b"offered no broker service 5 within 5 s" in calls[0].result()
        assert 4.8 < time.monotonic() - begin < 6
        time.sleep(1)  # the offer may have arrived after the call, and lives as long
        late = host.channel.unary_unary("/test.App/Dial").future(b"1", timeout=9)
        with pytest.raises(grpc.FutureTimeoutError):
            late.result(0.3)  # the offer of /nowhere is forgotten: it waits for another
        late.cancel()


@pytest.mark.parametrize("number", [b"-1", b"4294967296"])
def test_numbers_that_do_not_fit(place: Path, number: bytes) -> None:
    with connected(place) as (host, _):
        assert b"BrokerError" in host.app("Dial", number)
        assert b"out of range" in host.app("Accept", number)


def test_a_number_is_served_once(place: Path) -> None:
    with connected(place) as (host, _):
        assert host.app("Accept", b"3") == b"accepted"
        assert b"served already" in host.app("Accept", b"3")


def test_without_a_stream_accept_gives_up(place: Path) -> None:
    with start_plugin(program(PLUGIN), place) as host:
        assert b"opened no broker stream" in host.app("Accept", b"3", timeout=8)
        stream = BrokerStream(host.channel)
        assert host.app("Accept", b"3") == b"accepted", "a failed attempt leaves the number free"
        assert stream.receive()[0] == 3
        stream.close()


def test_a_host_that_reconnects_takes_over(place: Path) -> None:
    with connected(place) as (host, first):
        second = BrokerStream(host.channel)
        with pytest.raises(StopIteration):
            first.receive()
        host.app("Serve")
        assert second.receive()[0] == 1
        second.close()


def test_a_plugin_that_stops_makes_no_more_connections() -> None:
    async def scenario() -> None:
        transport: Any = None  # never asked
        broker = Broker(transport, (), ())
        await broker.close()
        for late in (broker.dial(1), broker.accept(1, lambda server: None)):
            with pytest.raises(BrokerError, match="the plugin is stopping"):
                await late

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_strange_offers_are_ignored(place: Path) -> None:
    """Floods, knocks, addresses that are none, broken messages: the broker goes on."""
    with connected(place) as (host, broker), host_service("127.0.0.1:0") as found:
        for network, address in (
            ("udp", "x"),
            ("tcp", "x"),
            ("tcp", ":1"),
            ("unix", ""),
        ):
            broker.send(conn_info(7, network, address))
        broker.send(conn_info(7, "unix", "x" * 100_000))
        knock = b"\x22\x02\x08\x01"
        broker.send(conn_info(7, "tcp", "127.0.0.1:1") + knock)
        for number in range(100, 5100):
            broker.send(conn_info(number, "tcp", "127.0.0.1:1"))
        dial = host.channel.unary_unary("/test.App/Dial").future(b"7", timeout=9)
        host.app("Accept", b"99")
        broker.send(conn_info(7, "tcp", found))
        assert dial.result() == b"5000005 host:sync"
        broken = BrokerStream(host.channel)
        broken.send(b"\xff\xff\xff")
        with pytest.raises((grpc.RpcError, StopIteration)):
            broken.receive()
        again = BrokerStream(host.channel)
        host.app("Serve")
        assert again.receive()[0] == 1
        again.close()


def test_wire_reading_in_these_tests() -> None:
    """The decoder above is code too."""
    assert read_fields(conn_info(300, "unix", "/a")) == {1: 300, 2: b"unix", 3: b"/a"}
