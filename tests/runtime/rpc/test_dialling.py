"""What does a server on a socket get for an `:authority`, whoever of ours dials?

grpcio would send the socket's path, which is none: servers on Rust's h2 reset such a stream.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import grpc
import plugwright_runtime
import pytest
from kit.bridged_loop import run_bridged
from kit.goplugin.host import (
    BrokerStream,
    conn_info,
    padded,
    program,
    short_directory,
    start_plugin,
)
from kit.h2_server import Serving, serving
from plugwright_runtime.rpc.client import ClientOptions
from plugwright_runtime.rpc.client_async import AsyncClient
from plugwright_runtime.rpc.client_sync import SyncClient

pytestmark = pytest.mark.timeout(60)
place = pytest.fixture(short_directory, name="place")

ECHO = "/test.Api/Echo"
OPTIONS = ClientOptions("test.Api", timeout=20.0)


class Api(SyncClient):
    _options: ClassVar[ClientOptions] = OPTIONS


class AsyncApi(AsyncClient):
    _options: ClassVar[ClientOptions] = OPTIONS


def ask(target: str, **options: Any) -> None:
    with Api(target, **options) as api:
        api._call("Echo", "unary_unary")(b"", timeout=20)


async def ask_async(target: str) -> None:
    async with AsyncApi(target) as api:
        await api._call("Echo", "unary_unary")(b"", timeout=20)


DIALS: dict[str, Callable[[str], None]] = {
    "the sync client": ask,
    "the async client": lambda target: asyncio.run(ask_async(target)),
    "the async client of a handler": lambda target: run_bridged(ask_async(target)),
}
each_dial = pytest.mark.parametrize("dial", DIALS.values(), ids=DIALS)


def listening(address: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    return made


def port() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return made


@each_dial
@pytest.mark.parametrize("spelling", ["unix:{}", "unix://{}", "UNIX:{}"])
def test_a_unix_socket_is_dialled_as_localhost(
    place: Path, spelling: str, dial: Callable[[str], None]
) -> None:
    path = str(place / "a host.sock")
    with serving(listening(path)) as seen:
        dial(spelling.format(path.replace(" ", "%20")))
    assert (seen.authorities(), seen.requests[0][":scheme"]) == ({"localhost"}, "http")


@each_dial
def test_an_abstract_socket_is_dialled_as_localhost(
    place: Path, dial: Callable[[str], None]
) -> None:
    name = f"plugwright {place.name}"
    with serving(listening(f"\0{name}")) as seen:
        dial("unix-abstract:" + name.replace(" ", "%20"))
    assert seen.authorities() == {"localhost"}


@each_dial
def test_a_port_is_dialled_as_itself(dial: Callable[[str], None]) -> None:
    made = port()
    target = f"127.0.0.1:{made.getsockname()[1]}"
    with serving(made) as seen:
        dial(target)
    assert seen.authorities() == {target}


def test_another_authority_can_be_chosen(place: Path) -> None:
    path = str(place / "host.sock")
    with serving(listening(path)) as seen:
        chosen = [("grpc.default_authority", "example.org")]
        ask(f"unix:{path}", channel_options=chosen)
    assert seen.authorities() == {"example.org"}


PLUGIN = """
async def rpc_Dial(request, context):
    dialled = await plugin.broker.dial(int(request))
    await dialled.channel.unary_unary("/test.Api/Echo")(b"", timeout=20)
    def sync():
        with grpc.insecure_channel(dialled.target, options=dialled.options) as channel:
            return channel.unary_unary("/test.Api/Echo")(b"", timeout=20)
    await asyncio.to_thread(sync)
    await dialled.close()
    return b"done"
"""


def dialled(host: Any, network: str, made: socket.socket, tls: Any = None) -> Serving:
    """What a service of the host's got that the plugin dialled."""
    name = made.getsockname()
    address = name if network == "unix" else f"{name[0]}:{name[1]}"
    broker = BrokerStream(host.channel)
    with serving(made, tls=tls) as seen:
        broker.send(conn_info(3, network, address))
        assert host.app("Dial", b"3", timeout=30) == b"done"
    broker.close()
    return seen


def test_the_broker_dials_a_unix_socket_as_localhost(place: Path) -> None:
    with start_plugin(program(PLUGIN), place) as host:
        seen = dialled(host, "unix", listening(str(place / "host.sock")))
    assert (seen.authorities(), len(seen.requests)) == ({"localhost"}, 2)


@pytest.mark.parametrize("network", ["unix", "tcp"])
def test_the_broker_dials_through_mutual_tls_as_localhost(place: Path, network: str) -> None:
    """What grpc connects to is then a socket of this process, whatever the host's is."""
    from kit.goplugin import tls  # which skips without cryptography

    own = tls.make_identity(place)
    made = listening(str(place / "host.sock")) if network == "unix" else port()
    env = {"PLUGIN_CLIENT_CERT": own.certificate}
    with start_plugin(program(PLUGIN), place, **env) as host, tls.bridges() as bridges:
        plugin = padded(host.fields[5])
        target = bridges.plain_to_tls(host.address, tls.client_context(own, plugin))
        host.channel = grpc.insecure_channel(target)
        seen = dialled(host, network, made, tls.server_context(own, plugin))
    assert (seen.authorities(), len(seen.requests)) == ({"localhost"}, 2)


def test_every_channel_of_the_runtime_is_made_with_these_options() -> None:
    root = Path(plugwright_runtime.__file__).parent
    makers = {
        path.name: path.read_text("utf-8")
        for path in root.rglob("*.py")
        if "insecure_channel(" in path.read_text("utf-8")
    }
    taken = makers.pop("bridged_broker.py")  # of what `broker` dialled
    assert taken.count("insecure_channel(") == taken.count("options=dialled.options")
    assert makers.keys() == {"client_sync.py", "client_async.py", "broker.py", "channels.py"}
    for name, text in makers.items():
        assert "dialling import channel_options" in text, name
        assert text.count("insecure_channel(") == text.count("options=options"), name
