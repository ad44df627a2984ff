"""Does the storage driver of the examples pass its own tests, and serve a host on `unix:///`?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from kit.places import ROOT

IMPORTS = [str(ROOT / part) for part in ("runtime", "codegen")]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its SDK."""
    folder = tmp_path_factory.mktemp("csi") / "csi"
    shutil.copytree(ROOT / "examples" / "csi", folder, ignore=shutil.ignore_patterns("sdk"))
    run(folder, "plugwright", "generate")
    return folder


def run(folder: Path, *arguments: str) -> None:
    paths = os.pathsep.join([*IMPORTS, str(folder / "sdk")])
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "MYPYPATH": paths},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_tests_pass(example: Path) -> None:
    run(example, "pytest", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider")


def test_it_is_typed(example: Path) -> None:
    run(example, "mypy", "--strict", "driver.py", "test_driver.py")


def test_a_host_finds_every_service_on_the_endpoint(example: Path, tmp_path: Path) -> None:
    folder = tmp_path if len(str(tmp_path)) < 80 else Path(os.path.relpath(tmp_path))
    socket = folder / "csi.sock"
    process = subprocess.Popen(
        [sys.executable, "driver.py", "--debug"],
        cwd=example,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*IMPORTS, "sdk"]),
            "CSI_ENDPOINT": f"unix://{socket}",
            "VOLUMES_ROOT": str(tmp_path / "volumes"),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any("listening on" in line for line in process.stdout)
        with grpc.insecure_channel(f"unix:{socket}") as channel:
            for rpc in ("Identity/Probe", "Controller/ListVolumes", "Node/UnpublishVolume"):
                channel.unary_unary(f"/volumes.v1.{rpc}")(
                    b"\x12\x01x" * (rpc[0] == "N"), timeout=20
                )
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.communicate()
    assert not socket.exists()
