"""Do the lower layer and hooks with services work where an SDK has `[launch]`, under go-plugin?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from kit.goplugin.host import target_of
from kit.places import ROOT

LAUNCH = """
[launch]
style = "go-plugin"
cookie-key = "COOKIE"
cookie-value = "sesame"
service = "Extra"
"""
LOWER = """
import os
from sdk.models import Nothing
from sdk.servicers import ExtraServicer
from concurrent.futures import ThreadPoolExecutor
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.styles import goplugin

class Extra(ExtraServicer):
    def ask(self, request, context, /):
        assert "COOKIE" not in os.environ
        return Nothing()

def register(context):
    context.server.add_generic_rpc_handlers((handlers(Extra(), ThreadPoolExecutor()),))

goplugin.run(goplugin.PluginSpec("COOKIE", "sesame"), register)
"""
BOTH = """
from sdk import HookName, Plugin, hook, run_plugin
from sdk.models import Nothing
from sdk.servicers import ExtraServicer

class Mine(Plugin, ExtraServicer):
    @hook(HookName.OnStart)
    def on_start(self):
        pass

    def ask(self, request, context, /):
        return Nothing()

run_plugin(Mine)
"""
PROTO = """
syntax = "proto3";
package both;
message Nothing {}
service Hooks { rpc OnStart(Nothing) returns (Nothing); }
service Extra { rpc Ask(Nothing) returns (Nothing); }
"""
CONFIG = '[sdk]\npackage = "sdk"\n[hooks]\nservice = "Hooks"\n' + LAUNCH


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("both")
    (folder / "both.proto").write_text(PROTO)
    (folder / "plugwright.toml").write_text(CONFIG)
    env = {**os.environ, "PYTHONPATH": f"{ROOT}/codegen:{ROOT}/runtime"}
    command = [sys.executable, "-m", "plugwright", "generate", "."]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    return folder


@contextmanager
def hosted(sdk: Path, folder: Path, source: str) -> Iterator[grpc.Channel]:
    """The channel to a plugin that its host has started."""
    (folder / "plugin.py").write_text(source)
    process = subprocess.Popen(
        [sys.executable, str(folder / "plugin.py")],
        env={**os.environ, "PYTHONPATH": f"{sdk}:{ROOT}/runtime", "COOKIE": "sesame"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        fields = process.stdout.readline().rstrip("\n").split("|")
        assert len(fields) > 4, process.communicate()
        with grpc.insecure_channel(target_of(*fields[2:4])) as channel:
            yield channel
            channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=20)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_program_may_serve_by_itself_beside_an_sdk(sdk: Path, short_path: Path) -> None:
    with hosted(sdk, short_path, LOWER) as channel:
        assert channel.unary_unary("/both.Extra/Ask")(b"", timeout=20) == b""


def test_hooks_and_services_of_one_plugin(sdk: Path, short_path: Path) -> None:
    with hosted(sdk, short_path, BOTH) as channel:
        assert channel.unary_unary("/both.Hooks/OnStart")(b"", timeout=20) == b""
        assert channel.unary_unary("/both.Extra/Ask")(b"", timeout=20) == b""
