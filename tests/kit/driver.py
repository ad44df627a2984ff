"""How does a test start programs that serve the services of the case `launch_services`?

`driver_sdk` generates its SDK, `begin` starts a program on it, given the part that differs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.places import CASES, ROOT

PROLOGUE = """
from sdk import ServicePlugin, run_plugin
from sdk.models import Nothing, Text
from sdk.servicers import ControllerServicer, IdentityServicer, NodeServicer

class Identity(IdentityServicer):
    def get_info(self, request, context, /):
        return Text(text="identity")

class Node(NodeServicer):
    def stage(self, request, context, /):
        return Text(text=f"staged {request.text}")
"""


@pytest.fixture(scope="session")
def driver_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the package `sdk`."""
    folder = tmp_path_factory.mktemp("driver")
    shutil.copytree(CASES / "launch_services", folder, dirs_exist_ok=True)
    env = {**os.environ, "PYTHONPATH": f"{ROOT}/codegen:{ROOT}/runtime"}
    command = [sys.executable, "-m", "plugwright", "generate", "."]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    return folder


class Programs:
    """Programs of one test, which end with it."""

    def __init__(self, sdk: Path, folder: Path) -> None:
        self._sdk, self.folder = sdk, folder
        self._running: list[subprocess.Popen[str]] = []

    def begin(self, source: str, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start one that ends with `source`."""
        program = self.folder / "plugin.py"
        program.write_text(PROLOGUE + source)
        path = {"PYTHONPATH": f"{self._sdk}:{ROOT}/runtime"}
        process = subprocess.Popen(
            [sys.executable, str(program), *arguments],
            env={**os.environ, **path, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        return process

    def refusal(self, source: str, *arguments: str) -> str:
        """What a program that cannot start says."""
        process = self.begin(source, *arguments)
        told = process.communicate(timeout=40)[0]
        assert process.returncode == 1, told
        return told

    def end(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def programs(driver_sdk: Path, short_path: Path) -> Iterator[Programs]:
    made = Programs(driver_sdk, short_path)
    yield made
    made.end()
