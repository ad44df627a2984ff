"""The SDK of the peers' service, the peers, and plugins that serve it."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
SECONDS = 30.0  # for a plugin to be there

for place in (HERE.parent, HERE):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from strict_peers import Command, programs  # noqa: E402


@pytest.fixture(scope="session")
def sdk_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds `peer_sdk`."""
    folder = tmp_path_factory.mktemp("peer")
    for name in ("peer.proto", "plugwright.toml"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    command = [sys.executable, "-m", "plugwright", "generate", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "sdk"


@pytest.fixture(scope="session")
def sdk(sdk_folder: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(sdk_folder))
        yield importlib.import_module("peer_sdk")


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Command]:
    """The command of each foreign peer."""
    descriptors = tmp_path_factory.mktemp("set") / "peer.binpb"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE}"]
    command += [f"--descriptor_set_out={descriptors}", "peer.proto"]
    subprocess.run(command, check=True)
    return programs(descriptors)


@pytest.fixture(scope="session")
def addresses() -> Iterator[Callable[[str], str]]:
    """Gives a free address of a transport, `tcp` or `unix`."""
    numbers = itertools.count()
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:  # pytest's are too long

        def free(transport: str) -> str:
            if transport == "unix":
                return f"unix:{folder}/{next(numbers)}.sock"
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                return f"127.0.0.1:{probe.getsockname()[1]}"

        yield free


@contextlib.contextmanager
def plugin(folder: Path, flavour: str, address: str) -> Iterator[None]:
    """The plugin as a process that listens on `address`."""
    path = address.removeprefix("unix:")
    arguments = [path] if path != address else [address, "--tcp"]
    scratch = tempfile.mkdtemp(prefix="p")  # it may have to be killed
    env = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PEER_FLAVOUR": flavour,
        "TMPDIR": scratch,
    }
    command = [sys.executable, str(HERE / "plugin.py"), *arguments]
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(address, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(scratch)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    path = address.removeprefix("unix:")
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if path != address:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(path)
            else:
                host, _, port = address.rpartition(":")
                socket.create_connection((host, int(port))).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no plugin at {address}; its exit code: {process.poll()}")
