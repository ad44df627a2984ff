"""Does each example pass its own tests and the strict type checker, as its README says?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.places import ROOT

EXAMPLES = sorted(p.parent for p in (ROOT / "examples").glob("*/plugin.json"))
IMPORTS = [str(ROOT / part) for part in ("generated/mattermost", "runtime", "codegen")]


def run(example: Path, *arguments: str) -> None:
    paths = os.pathsep.join(IMPORTS)
    env = {**os.environ, "PYTHONPATH": paths, "MYPYPATH": paths}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=example,
        env=env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of mypy: the SDK is checked once."""
    return tmp_path_factory.mktemp("mypy")


def test_there_are_examples() -> None:
    assert [e.name for e in EXAMPLES] == ["async", "hello", "http", "moderation"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_its_own_tests_pass(example: Path) -> None:
    run(example, "pytest", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_it_is_typed(example: Path, cache: Path) -> None:
    run(example, "mypy", "--strict", "--cache-dir", str(cache), ".")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_its_manifest_names_the_program(example: Path) -> None:
    manifest = json.loads((example / "plugin.json").read_text())
    assert manifest["id"] == f"com.example.{example.name}"
    assert (example / manifest["server"]["executable"]).is_file()
    assert manifest["id"] in (example / "README.md").read_text()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_by_hand_it_explains_itself(example: Path) -> None:
    """Nothing on stdout, a human text on stderr, exit code 1."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS)}
    env.pop("MATTERMOST_PLUGIN", None)
    done = subprocess.run(
        [sys.executable, "plugin.py"],
        cwd=example,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "this program is a plugin" in done.stderr
