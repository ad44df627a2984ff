"""Does `run_plugin` make a process of a plugin class? Played by a host in Python."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from kit.goplugin.host import target_of
from kit.mattermost.program import start


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's: a socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="launch") as path:
        yield Path(path)


@pytest.mark.parametrize("named", [True, False], ids=["named by variables", "not"])
def test_from_handshake_to_exit_code_0(folder: Path, named: bool) -> None:
    env = {"MATTERMOST_PLUGIN_ID": "mine", "MATTERMOST_PLUGIN_PATH": "/there"}
    (folder / "plugin.json").write_text('{"id": "com.example.mine"}')
    process = start(folder, **(env if named else {}))
    identity = "mine in /there" if named else f"com.example.mine in {folder}"
    try:
        assert process.stdout is not None
        fields = process.stdout.readline().rstrip("\n").split("|")
        assert (fields[0], fields[1], fields[4]) == ("1", "1", "grpc")
        with grpc.insecure_channel(target_of(*fields[2:4])) as channel:
            service = "/mattermost.pluginapi.v1.PluginHooks"
            names = channel.unary_unary(f"{service}/Implemented")(b"", timeout=20)
            assert b"OnActivate" in names
            failure = channel.unary_unary(f"{service}/OnActivate")(b"", timeout=20)
            assert f"RuntimeError: {identity}".encode() in failure
            channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=20)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
    assert sorted(p.name for p in folder.iterdir()) == ["plugin.json", "plugin.py"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"init": "raise ValueError('no good')"}, "no good"),
        ({"argument": "Mine()"}, "run_plugin takes a plugin class"),
        ({"MATTERMOST_PLUGIN_HOOK_TIMEOUT": "soon"}, "MATTERMOST_PLUGIN_HOOK_TIMEOUT"),
    ],
)
def test_a_plugin_that_cannot_start_says_why(
    folder: Path, arguments: dict[str, str], text: str
) -> None:
    process = start(folder, **arguments)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (1, "")
    assert text in stderr
    assert all(line.startswith("{") for line in stderr.splitlines())  # records, not tracebacks
