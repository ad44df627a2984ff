"""The messages of `every.proto` and `old.proto` as packages, made once per session."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugwright import generation, output

PROTOS = Path(__file__).parent


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of `every_kind` and `old_kind`, which is on `sys.path`."""
    root = tmp_path_factory.mktemp("packages")
    for name in ("every", "old"):
        sources = generation.Sources((PROTOS / f"{name}.proto",), (PROTOS,))
        job = generation.zero_config(f"{name}_kind", root, sources)
        output.write(root, generation.generated(job, lambda text: None))
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))


@pytest.fixture(scope="session")
def every(packages: Path) -> Any:
    """The models of `every.proto`."""
    return importlib.import_module("every_kind").models


@pytest.fixture(scope="session")
def old(packages: Path) -> Any:
    """The models of `old.proto`."""
    return importlib.import_module("old_kind").models
