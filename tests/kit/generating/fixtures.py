"""Cases as importable packages under random names, each made once per session."""

from __future__ import annotations

import importlib
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.generating.cases import GOOD, PACKAGE
from kit.generating.packages import Generated, write_package
from plugwright import generation


class Packages(dict[str, str]):
    """Case -> import name of its package, which is generated when it is first asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __missing__(self, name: str) -> str:
        case = _CASES[name]
        package = self[name] = f"case_{name.replace('/', '_')}_{secrets.token_hex(4)}"
        write_package(case.generate(), PACKAGE, self._root, package)
        if (needed := case.needed()) is not None:
            files = generation.render(needed, lambda text: None)
            write_package(files, needed.settings.sdk.package, self._root)
        importlib.invalidate_caches()
        return package


_CASES = {case.name: case for case in GOOD}


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """The packages of cases, below one folder that is on `sys.path`."""
    root = tmp_path_factory.mktemp("generated")
    sys.path.insert(0, str(root))
    yield Generated(root, Packages(root))
    sys.path.remove(str(root))


@pytest.fixture(scope="session")
def all_generated(generated: Generated) -> Generated:
    """The same, with the packages of all good cases there."""
    for name in _CASES:
        generated.packages[name]
    return generated


@pytest.fixture
def on_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of its own for one test, on `sys.path`."""
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))
