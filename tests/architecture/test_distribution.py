"""Is all of the tree in what is installed: in a wheel, in one that is built from the sdist, and by
an editable install?"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from kit.places import ROOT

# Where each top-level package, or a part of it, has its source.
HOMES = {
    "plugwright": ROOT / "codegen" / "plugwright",
    "plugwright/templates": ROOT / "templates",
    "plugwright_runtime": ROOT / "runtime" / "plugwright_runtime",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a distribution is made of: building leaves files behind."""
    folder = tmp_path_factory.mktemp("sources")
    kept = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in ("codegen", "runtime", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=kept)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def _build(sources: Path, kind: str, folder: Path) -> Path:
    """Calls the build backend as pip does, but for the isolation, which needs the network."""
    program = f"import setuptools.build_meta as b, sys; print(b.build_{kind}(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, cwd=sources, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


def _tree() -> set[str]:
    return {
        f"{home}/{path.relative_to(folder).as_posix()}"
        for home, folder in HOMES.items()
        for path in folder.rglob("*")
        if path.suffix in (".py", ".j2") or path.name == "py.typed" or _begins(path)
    }


def _begins(path: Path) -> bool:
    """Whether a new project gets it."""
    return path.is_file() and path.is_relative_to(ROOT / "templates" / "new")


def _files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def test_a_wheel_has_every_module_and_template(sources: Path, tmp_path: Path) -> None:
    found = _files(_build(sources, "wheel", tmp_path))
    assert sorted(found ^ _tree()) == []


def test_a_wheel_of_the_sdist_is_the_same(sources: Path, tmp_path: Path) -> None:
    with tarfile.open(_build(sources, "sdist", tmp_path)) as opened:
        opened.extractall(tmp_path, filter="data")
    (unpacked,) = (path.parent for path in tmp_path.glob("*/pyproject.toml"))
    assert sorted(_files(_build(unpacked, "wheel", tmp_path)) ^ _tree()) == []


def test_an_editable_install_finds_the_checkout(sources: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(_build(sources, "editable", tmp_path)) as opened:
        opened.extractall(tmp_path / "site")
    program = (
        "import site, sys; site.addsitedir(sys.argv[1])\n"
        "from importlib.util import find_spec\n"
        "for name in sys.argv[2:]:\n"
        "    print(find_spec(name).submodule_search_locations[0])\n"
    )
    packages = ("plugwright", "plugwright_runtime")
    command = [sys.executable, "-IS", "-c", program, str(tmp_path / "site"), *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(sources / HOMES[p].relative_to(ROOT)) for p in packages]
