"""What has happened when an SDK is imported by a process that a host has started?"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from kit.places import ROOT
from plugwright_runtime.process.started import prepare_grpc

PROGRAM = """\
import os, sys
from importlib.abc import MetaPathFinder

class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "grpc":
            print("forks:", os.environ.get("GRPC_ENABLE_FORK_SUPPORT"), file=sys.stderr)

sys.meta_path.insert(0, Watch())
import mattermost_plugin
from mattermost_plugin import Plugin
print("not for the host")
os.write(1, b"nor this")
print("cookie:", os.environ.get("MATTERMOST_PLUGIN"), file=sys.stderr)
"""


def run(**env: str) -> subprocess.CompletedProcess[str]:
    paths = [str(ROOT / "generated" / "mattermost"), str(ROOT / "runtime")]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MATTERMOST", "GRPC"))}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**kept, "PYTHONPATH": os.pathsep.join(paths), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_under_a_host() -> None:
    """stdout is put aside; grpc, which looks when it is imported, leaves forks alone; and programs
    that the plugin starts are no plugins.
    """
    done = run(MATTERMOST_PLUGIN="Securely message teams, anywhere.")
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert sorted(lines[:2]) == ["cookie: None", "forks: 0"]
    assert "ended without calling run_plugin" in lines[2]


def test_anywhere_else() -> None:
    done = run()
    assert "not for the host" in done.stdout
    assert "nor this" in done.stdout
    assert done.stderr.splitlines() == ["forks: None", "cookie: None"]


@pytest.mark.parametrize(("users", "level"), [(None, "ERROR"), ("DEBUG", "DEBUG")])
def test_grpc_writes_errors_alone_unless_the_user_wants_more(
    monkeypatch: pytest.MonkeyPatch, users: str | None, level: str
) -> None:
    monkeypatch.setattr(os, "environ", {"GRPC_VERBOSITY": users} if users else {})
    monkeypatch.setattr(sys, "excepthook", print)
    prepare_grpc()
    assert os.environ["GRPC_VERBOSITY"] == level
