"""Is a plugin known by the cookie of what it serves, where each kind of plugin has its own?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.goplugin.hosted import generate, hosted, spawned

PROTO = """
syntax = "proto3";
package kinds;
message Nothing {}
service Keys { rpc Get(Nothing) returns (Nothing); }
service Nodes { rpc Get(Nothing) returns (Nothing); }
"""
CONFIG = """
[sdk]
package = "sdk"
[launch]
style = "go-plugin"
cookies = { Keys = ["Keys", "Keys"], Nodes = ["Nodes", "Nodes"] }
"""
PLUGIN = """
import os
from sdk import ServicePlugin, run_plugin
from sdk.models import Nothing
from sdk.servicers import {kind}Servicer
print("printed too early, but for the cookie")

class Mine({kind}Servicer, ServicePlugin):
    def get(self, request, context, /):
        assert not {{"Keys", "Nodes"}} & os.environ.keys()
        return Nothing()

run_plugin(Mine)
"""


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "kinds.proto").write_text(PROTO)
    (folder / "plugwright.toml").write_text(CONFIG)
    return generate(folder)


@pytest.mark.parametrize("kind", ["Keys", "Nodes"])
def test_each_kind_has_its_cookie(sdk: Path, short_path: Path, kind: str) -> None:
    with hosted(sdk, short_path, PLUGIN.format(kind=kind), **{kind: kind}) as plugin:
        assert plugin.call(f"/kinds.{kind}/Get") == b""


def test_by_hand_all_of_them_are_named(sdk: Path, short_path: Path) -> None:
    process = spawned(sdk, short_path, PLUGIN.format(kind="Keys"))
    stderr = process.communicate(timeout=40)[1]
    assert process.returncode == 1
    assert "a host sets the environment variable Keys or Nodes to a value" in stderr
