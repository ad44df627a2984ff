"""Does a handler whose caller is gone come to its end before the plugin does?

As with hosts that close the connection before they ask the process to stop.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from kit.goplugin.host import end, short_directory, target_of
from kit.places import ROOT

GRACE = 60.0

STYLES = {
    "go-plugin": 'style = "go-plugin"\ncookie-key = "JOBS"\ncookie-value = "hello"',
    "port-on-stdout": 'style = "port-on-stdout"',
}
PROTO = """
syntax = "proto3";
package jobs;
service Jobs {
  rpc Run(Job) returns (Job);
  rpc RunLater(Job) returns (Job);
}
message Job {}
"""
PLUGIN = """
import asyncio, os, pathlib, time
from jobs_sdk import ServicePlugin, run_plugin
from jobs_sdk.models import Job
from jobs_sdk.servicers import JobsServicer

folder = pathlib.Path(os.environ["FOLDER"])

def note(text):
    with open(folder / "notes", "a") as notes:
        notes.write(text + " ")

class Mine(JobsServicer, ServicePlugin):
    def run(self, request, context, /):
        (folder / "begun").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
        note("done")
        return Job()

    async def run_later(self, request, context, /):
        (folder / "begun").touch()
        try:
            await asyncio.sleep(600)
        finally:
            while not (folder / "go").exists():
                await asyncio.sleep(0.01)
            note("done")

    def on_stop(self):
        note("stopped")

run_plugin(Mine)
"""

place = pytest.fixture(short_directory)


@pytest.fixture(scope="module", params=list(STYLES))
def sdk(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder of the plugin and of its SDK."""
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "jobs.proto").write_text(PROTO)
    (folder / "plugin.py").write_text(PLUGIN)
    config = '[sdk]\npackage = "jobs_sdk"\n[launch]\nservice = "Jobs"\n'
    config += f"grace-seconds = {GRACE}\n{STYLES[request.param]}\n"
    (folder / "plugwright.toml").write_text(config)
    command = [sys.executable, "-m", "plugwright", "generate", "plugwright.toml"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@contextlib.contextmanager
def plugin(sdk: Path, place: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and where it serves."""
    env = os.environ | {"JOBS": "hello", "FOLDER": str(place), "TMPDIR": str(place)}
    process = subprocess.Popen(
        [sys.executable, str(sdk / "plugin.py")],
        env=env | {"PYTHONPATH": f"{sdk}{os.pathsep}{ROOT / 'runtime'}"},
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            fields = process.stdout.readline().strip().split("|")
            listens = f"127.0.0.1:{fields[0]}"
            yield process, target_of(*fields[2:4]) if len(fields) > 1 else listens
        finally:
            end(process)  # type: ignore[arg-type]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GRACE / 3
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refuses(target: str) -> bool:
    kind = socket.AF_UNIX if target.startswith("unix:") else socket.AF_INET
    host, _, port = target.rpartition(":")
    address = port if kind is socket.AF_UNIX else (host, int(port))
    with socket.socket(kind) as peer:
        return peer.connect_ex(address) != 0


@pytest.mark.timeout(150)
@pytest.mark.parametrize("rpc", ["Run", "RunLater"])
def test_a_handler_under_way_gets_its_grace_before_on_stop(
    sdk: Path, place: Path, rpc: str
) -> None:
    notes, go = place / "notes", place / "go"
    with plugin(sdk, place) as (process, target):
        with grpc.insecure_channel(target) as channel:
            call = channel.unary_unary(f"/jobs.Jobs/{rpc}").future(b"")
            until((place / "begun").exists)
            call.cancel()
        process.terminate()
        until(lambda: refuses(target))
        time.sleep(0.3)  # for what is wrong to happen
        assert process.poll() is None
        assert not notes.exists()
        go.touch()
        assert process.wait(GRACE) == 0
    assert notes.read_text() == "done stopped "
