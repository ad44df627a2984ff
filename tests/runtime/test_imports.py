"""What does it cost to import a part of the runtime? Asked in a process of its own."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import plugwright_runtime
import pytest

WITHOUT_GRPC = ("message", "fit", "loops", "http")


def _imported(*modules: str) -> set[str]:
    """The modules that are loaded after these were imported, each for itself."""
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    command = [sys.executable, "-c", f"{program}print(*sys.modules)", *modules]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return set(done.stdout.split())


def _modules(room: str) -> list[str]:
    path = f"{plugwright_runtime.__path__[0]}/{room}"
    package = f"plugwright_runtime.{room}"
    return [package, *(m.name for m in pkgutil.walk_packages([path], f"{package}."))]


def test_who_only_converts_messages_does_not_load_grpc() -> None:
    loaded = _imported("plugwright_runtime.codec", "plugwright_runtime.errors")
    assert {"plugwright_runtime.message.codec", "plugwright_runtime.errors"} <= loaded
    assert "grpc" not in loaded
    assert "plugwright_runtime.rpc" not in loaded


@pytest.mark.parametrize("room", WITHOUT_GRPC)
def test_rooms_below_the_calls_do_not_load_grpc(room: str) -> None:
    modules = _modules(room)
    assert len(modules) > 5
    loaded = _imported(*modules)
    assert set(modules) <= loaded
    assert "grpc" not in loaded


def test_the_package_itself_does_no_work() -> None:
    loaded = _imported("plugwright_runtime")
    assert {n for n in loaded if n.startswith("plugwright_runtime.")} == set()
