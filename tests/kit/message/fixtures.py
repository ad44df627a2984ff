"""Packages with messages of every kind, made once per session."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.message import torture as messages

PROTOS = Path(__file__).with_name("every")
PLUGWRIGHT = Path(sys.executable).with_name("plugwright")


def generate(name: str, root: Path) -> Path:
    """Write the package `<name>_kind`; returns the folder it is in."""
    out = root / name
    command = [PLUGWRIGHT, "generate", "--package", f"{name}_kind", "--out", out]
    subprocess.run([*command, f"-I{PROTOS}", PROTOS / f"{name}.proto"], check=True)
    sys.path.insert(0, str(out))
    return out


@pytest.fixture(scope="session")
def every_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that `every_kind` is in, which is on `sys.path`."""
    out = generate("every", tmp_path_factory.mktemp("packages"))
    yield out
    sys.path.remove(str(out))


@pytest.fixture(scope="session")
def every(every_folder: Path) -> Any:
    """The models of `every.proto`."""
    return importlib.import_module("every_kind").models


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The models of `old.proto`."""
    out = generate("old", tmp_path_factory.mktemp("packages"))
    yield importlib.import_module("old_kind").models
    sys.path.remove(str(out))


@pytest.fixture(scope="session")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[messages.Torture]:
    """The messages of the folder `torture`."""
    folder = tmp_path_factory.mktemp("torture")
    yield messages.made(folder)
    sys.path.remove(str(folder))
