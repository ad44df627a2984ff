"""Does a server whose start fails leave anything behind? Servers are counted, in a process each."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from kit.places import importing

IMPORTS = importing("mattermost")

COUNT = """
import asyncio, contextlib, gc, json, os, threading
from grpc._cython import cygrpc
def alive():
    gc.collect()
    return len(json.loads(cygrpc.channelz_get_servers(0)).get("server", []))
"""
HARNESS = """
from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness
os.environ["MATTERMOST_PLUGIN_HOOK_TIMEOUT"] = "nan"
def attempt():
    with PluginHarness(Plugin):
        pass
"""
SERVER = """
from plugwright_runtime.testing import BackgroundServer
def attempt():
    def make_handlers(place):
        raise LookupError
    server = BackgroundServer(make_handlers)
    try:
        server.start()
    finally:
        server.stop()
"""
PROCESS = """
from plugwright_runtime.styles.goplugin import PluginSpec, serve
spec = PluginSpec("K", "V")
def attempt():
    def register(context):
        raise LookupError
    assert asyncio.run(serve(spec, register, environ={}, reattach=True)) == 1
    raise LookupError
"""
ADDRESS = """
from plugwright_runtime.styles.goplugin import PluginSpec, serve
spec = PluginSpec("K", "V")
def attempt():
    environ = {"PLUGIN_UNIX_SOCKET_DIR": "/no/such/directory"}
    assert asyncio.run(serve(spec, print, environ=environ, reattach=True)) == 1
    raise LookupError
"""
BROKER = """
from plugwright_runtime.styles.goplugin import PluginSpec, serve
spec = PluginSpec("K", "V")
def attempt():
    async def register(context):
        def failing(server):
            raise LookupError
        with contextlib.suppress(LookupError):
            await context.broker._serve(5, failing)  # accept, once the host has its stream
        context.stop("enough")
        await asyncio.sleep(60)
    assert asyncio.run(serve(spec, register, environ={}, reattach=True)) == 0
    raise LookupError
"""
ATTEMPTS = """
for _ in range(3):
    try:
        attempt()
    except AssertionError:
        raise
    except Exception:
        pass
    else:
        raise AssertionError("it has started")
print(alive(), threading.active_count())
"""


@pytest.mark.parametrize(
    "what",
    [HARNESS, SERVER, PROCESS, ADDRESS, BROKER],
    ids=["harness", "server", "process", "address", "broker"],
)
def test_a_failed_start_leaves_no_server_and_no_file(tmp_path: Path, what: str) -> None:
    code = textwrap.dedent(COUNT + what + ATTEMPTS)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": IMPORTS, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    servers, _ = done.stdout.split()[-2:]
    assert servers == "0", done.stderr
    assert list(tmp_path.iterdir()) == []
