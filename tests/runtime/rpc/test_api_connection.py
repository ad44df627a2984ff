"""How do the clients connect, wait, give up and close, seen from a user and from the server?"""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import mattermost_plugin as sdk
import pytest
from kit.mattermost.facts import ROOT
from kit.mattermost.host import SURFACES, ScriptedHost, Surface

TARGET = "MATTERMOST_PLUGIN_API_TARGET"

each_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)


Connect = Callable[..., Surface]

# ------------------------------------------------------------------ deadlines


@each_surface
def test_default_deadline_is_finite_and_arrives(
    surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    connect(surface).call("delete_team", "id")
    assert host.last.remaining is not None
    assert 20 < host.last.remaining < 31


@each_surface
def test_deadline_of_client_and_of_call(
    surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    api = connect(surface, timeout=300)
    api.call("delete_team", "id")
    assert host.last.remaining is not None
    assert 290 < host.last.remaining < 301
    api.call("delete_team", "id", timeout=7)
    assert 5 < host.last.remaining < 8


@each_surface
def test_no_deadline_when_asked_for(
    surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    connect(surface).call("delete_team", "id", timeout=math.inf)
    connect(surface, timeout=math.inf).call("delete_team", "id")
    assert len(host.seen) == 2
    assert all(c.remaining is None or c.remaining > 1e6 for c in host.seen)


@each_surface
def test_a_server_too_slow(surface: type[Surface], connect: Connect, host: ScriptedHost) -> None:
    async def never(context: Any) -> bytes:
        await asyncio.Event().wait()
        return b""

    host.answer = never
    with pytest.raises(sdk.UnavailableError) as caught:
        connect(surface).call("get_team", "id", timeout=0.1)
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.rpc == "GetTeam"


# ------------------------------------------------------------------ metadata


@each_surface
def test_metadata_arrives(surface: type[Surface], connect: Connect, host: ScriptedHost) -> None:
    api = connect(surface, metadata=[("x-client", "c"), ("x-both", "1")])
    extra = [("x-call", "v"), ("x-both", "2"), ("x-raw-bin", b"\0\xff")]
    api.call("delete_team", "id", metadata=extra)
    ours = [pair for pair in host.last.metadata if pair[0].startswith("x-")]
    assert sorted(ours, key=lambda p: (p[0], str(p[1]))) == [
        ("x-both", "1"),
        ("x-both", "2"),
        ("x-call", "v"),
        ("x-client", "c"),
        ("x-raw-bin", b"\0\xff"),
    ]
    api.call("delete_team", "id")
    assert "x-call" not in dict(host.last.metadata)


@each_surface
@pytest.mark.parametrize(
    "metadata",
    [[("Upper", "v")], [("key", "é")], [("key", 1)], [("a-bin", "text")], [("one",)]],
    ids=str,
)
def test_impossible_metadata(
    metadata: Any, surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    """Never an error of gRPC's own, whatever kind it is."""
    with pytest.raises(sdk.PluginAPIError) as caught:
        connect(surface).call("delete_team", "id", metadata=metadata)
    assert caught.value.rpc == "DeleteTeam"
    assert "metadata" in str(caught.value).lower()
    assert not host.seen


# ------------------------------------------------------------------ the address


@each_surface
def test_no_address(surface: type[Surface], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TARGET, raising=False)
    api = surface()
    with pytest.raises(sdk.UnavailableError, match=TARGET):
        api.call("get_team", "id")
    api.stop()


@each_surface
def test_address_of_the_environment(
    surface: type[Surface], host: ScriptedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read at the first call, and one that is passed wins."""
    monkeypatch.delenv(TARGET, raising=False)
    api = surface()
    monkeypatch.setenv(TARGET, host.address)
    api.call("delete_team", "id")
    api.stop()
    monkeypatch.setenv(TARGET, "127.0.0.1:1")
    api = surface(host.address)
    api.call("delete_team", "id")
    api.stop()
    assert len(host.seen) == 2


@each_surface
def test_unix_socket(
    surface: type[Surface], connect: Connect, host: ScriptedHost, tmp_path: Path
) -> None:
    path = tmp_path / "api.sock"

    async def listen() -> Any:
        server: Any = grpc.aio.server()
        server.add_generic_rpc_handlers((host,))
        server.add_insecure_port(f"unix://{path}")
        await server.start()
        return server

    server = host.server.run(listen())
    connect(surface, f"unix://{path}").call("delete_team", "id")
    assert len(host.seen) == 1
    host.server.run(server.stop(None))


@each_surface
@pytest.mark.parametrize("target", ["127.0.0.1:1", "unix:///no/such.sock", ":::"])
def test_nobody_there(target: str, surface: type[Surface], connect: Connect) -> None:
    with pytest.raises(sdk.UnavailableError) as caught:
        connect(surface, target, timeout=5).call("get_team", "id")
    assert caught.value.rpc == "GetTeam"


@pytest.mark.parametrize("client", ["PluginAPIClient", "AsyncPluginAPIClient"])
def test_a_proxy_is_not_asked(client: str, host: ScriptedHost) -> None:
    """The address is the host's own machine; hosts hand their proxy settings to plugins."""
    code = f"""
        import asyncio, os, sys
        sys.path.insert(0, {str(ROOT / "generated" / "mattermost")!r})
        from mattermost_plugin import {client} as Client
        result = Client({host.address!r}, timeout=10).delete_team("id")
        if asyncio.iscoroutine(result):
            async def wait(): await result
            asyncio.run(wait())
    """
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "grpc_proxy"), "http://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **proxies, "no_proxy": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert len(host.seen) == 1
