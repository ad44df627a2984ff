"""Do the lower layer and hooks with services work where an SDK has `[launch]`, under go-plugin?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.goplugin.hosted import generate, hosted

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
    return generate(folder)


def test_a_program_may_serve_by_itself_beside_an_sdk(sdk: Path, short_path: Path) -> None:
    with hosted(sdk, short_path, LOWER, COOKIE="sesame") as plugin:
        assert plugin.call("/both.Extra/Ask") == b""


def test_hooks_and_services_of_one_plugin(sdk: Path, short_path: Path) -> None:
    with hosted(sdk, short_path, BOTH, COOKIE="sesame") as plugin:
        assert plugin.call("/both.Hooks/OnStart") == b""
        assert plugin.call("/both.Extra/Ask") == b""
