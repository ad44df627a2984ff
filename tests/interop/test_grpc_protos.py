"""Do the protos of gRPC's own tests and services, as grpc-go ships them, give a sound package?

No package of Python has them: a program of the host's module writes their descriptors.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.generating.messages import round_trips
from kit.generating.packages import import_failures, modules, mypy, pyright, registry

HOST = Path(__file__).with_name("host")
PACKAGE = "grpc_protos"


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the package, on `sys.path`."""
    root = tmp_path_factory.mktemp("grpc_protos")
    descriptors = root / "set.binpb"
    with descriptors.open("wb") as file:
        subprocess.run(["go", "run", "./descriptors"], cwd=HOST, stdout=file, check=True)
    command = [sys.executable, "-m", "plugwright", "generate", "--package", PACKAGE]
    command += ["--out", str(root), "--descriptor-set", str(descriptors)]
    subprocess.run(command, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield root


def test_every_module_imports(sdk: Path) -> None:
    assert import_failures(sdk, modules(sdk / PACKAGE)) == ""


def test_types(sdk: Path, tmp_path: Path) -> None:
    assert mypy(sdk, tmp_path) == ""
    assert pyright(sdk) == ""


def test_every_message_round_trips(sdk: Path) -> None:
    assert round_trips(registry(PACKAGE), examples=6) > 100


def test_every_service_is_there(sdk: Path) -> None:
    clients: Any = importlib.import_module(f"{PACKAGE}.clients")
    servicers: Any = importlib.import_module(f"{PACKAGE}.servicers")
    assert {"HealthServicer", "TestServiceServicer"} <= set(servicers.__all__)
    assert len(servicers.__all__) > 10
    for name in servicers.__all__:
        client = getattr(clients, name.removesuffix("Servicer") + "Client")
        for rpc in getattr(servicers, name).__rpcs__:
            assert callable(getattr(client, rpc.method))
