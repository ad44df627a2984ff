"""The SDK of the peers' service, the peers, and plugins that serve it."""

from __future__ import annotations

import importlib
import itertools
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.peers.strict_peers import Command, programs

HERE = Path(__file__).resolve().parent


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
