"""Do host and plugin open further connections to each other, plain and under mutual TLS?"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from kit.hosting import OPTIONS, SPEC, App, AsyncApp, good
from mattermost_plugin.models.api_remaining import (
    GetServerVersionRequest,
    GetServerVersionResponse,
)
from mattermost_plugin.servicers.plugin_api import PluginAPIServicer
from plugwright_runtime import codec
from plugwright_runtime.errors import UnavailableError
from plugwright_runtime.hosts import AsyncHost, Host
from plugwright_runtime.rpc.servicer import ServerContext
from plugwright_runtime.styles.goplugin import BrokerError

BODY = """
async def rpc_Version(request, context):
    dialled = await plugin.broker.dial(int(request))
    call = dialled.channel.unary_unary("/mattermost.pluginapi.v1.PluginAPI/GetServerVersion")
    try:
        return await call(b"")
    finally:
        await dialled.close()
async def echo(request, context):
    return b"<" + request + b">"
async def rpc_Offer(request, context):
    number = plugin.broker.next_id()
    def register(server):
        handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
        made = grpc.method_handlers_generic_handler("test.App", handlers)
        server.add_generic_rpc_handlers((made,))
    await plugin.broker.accept(number, register)
    return b"%d" % number
"""
BOTH = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])


class Functions(PluginAPIServicer):
    def get_server_version(
        self, request: GetServerVersionRequest, context: ServerContext, /
    ) -> GetServerVersionResponse:
        return GetServerVersionResponse(version=threading.current_thread().name)


class Coroutines(PluginAPIServicer):
    async def get_server_version(
        self, request: GetServerVersionRequest, context: ServerContext, /
    ) -> GetServerVersionResponse:
        return GetServerVersionResponse(version=threading.current_thread().name)


def version(data: bytes) -> str:
    return codec.decode(GetServerVersionResponse, data).version


@BOTH
def test_a_plugin_calls_what_its_host_serves(tmp_path: Path, tls: bool) -> None:
    with Host(SPEC, good(tmp_path, BODY), replace(OPTIONS, auto_mtls=tls)) as plugin:
        app = plugin.client(App)
        first, second = plugin.serve(Functions()), plugin.serve(Coroutines())
        assert (first, second) == (1, 2)
        assert version(app.call("Version", b"1")).startswith("plugin-host")
        assert version(app.call("Version", b"2")) == "coroutines"


@BOTH
def test_a_host_calls_what_its_plugin_offers(tmp_path: Path, tls: bool) -> None:
    with Host(SPEC, good(tmp_path, BODY), replace(OPTIONS, auto_mtls=tls)) as plugin:
        number = int(plugin.client(App).call("Offer"))
        assert plugin.dial(App, number).call("Echo", b"x") == b"<x>"


async def _both_ways(command: list[str]) -> None:
    async with AsyncHost(SPEC, command, replace(OPTIONS, auto_mtls=True)) as plugin:
        app = plugin.client(AsyncApp)
        number = await plugin.serve(Coroutines())
        answer = await app.call("Version", b"%d" % number)
        assert version(answer) == threading.current_thread().name
        dialled = await plugin.dial(AsyncApp, int(await app.call("Offer")))
        assert await dialled.call("Echo", b"x") == b"<x>"


def test_coroutines_are_served_on_the_loop_of_their_host(tmp_path: Path) -> None:
    asyncio.run(_both_ways(good(tmp_path, BODY)))


def test_what_nobody_offers_is_not_dialled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugwright_runtime.styles.goplugin.offers.WAIT_SECONDS", 0.2)
    nine = pytest.raises(BrokerError, match="the plugin offered no broker service 9")
    with Host(SPEC, good(tmp_path, BODY), OPTIONS) as plugin, nine:
        plugin.dial(App, 9)
    with pytest.raises(BrokerError, match="does not run"):
        plugin.serve(Functions())
    with pytest.raises(BrokerError, match="does not run"):
        plugin.dial(App, 1)


def test_what_a_host_serves_ends_with_the_plugin(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path, BODY), OPTIONS) as plugin:
        number = plugin.serve(Functions())
        app = plugin.client(App)
        plugin.stop()
        assert [*tmp_path.glob("plugin-*")] == []
        with pytest.raises(UnavailableError):
            app.call("Version", b"%d" % number)
