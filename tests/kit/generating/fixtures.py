"""Every case as an importable package under a random name, once per session."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.generating.cases import GOOD, PACKAGE
from kit.generating.packages import Generated, write_package
from plugwright import generation


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """All good cases, written below one folder that is on `sys.path`."""
    root = tmp_path_factory.mktemp("generated")
    packages: dict[str, str] = {}
    for case in GOOD:
        name = f"case_{case.name.replace('/', '_')}_{secrets.token_hex(4)}"
        write_package(case.generate(), PACKAGE, root, name)
        packages[case.name] = name
        if (needed := case.needed()) is not None:
            files = generation.generated(needed, lambda text: None)
            write_package(files, needed.settings.sdk.package, root)
    sys.path.insert(0, str(root))
    yield Generated(root, packages)
    sys.path.remove(str(root))


@pytest.fixture
def on_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of its own for one test, on `sys.path`."""
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))
