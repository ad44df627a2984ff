"""Does a bundle start without compiling, and still run what somebody changes on the server?"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from kit.generating.bundles import make, write
from plugwright.bundle import build as bundle
from plugwright.bundle.contents import Choice

WATCH = """
import sys
def hook(event, arguments):
    if event == "compile" and "site-packages" in str(arguments[1]):
        print("compiled", arguments[1])
sys.addaudithook(hook)
import fake_sdk, plugwright_runtime.script
print(fake_sdk.VALUE, fake_sdk.__spec__.cached is not None, fake_sdk.where.__code__.co_filename)
"""


@pytest.fixture
def installed(plugin: Path, wheels: Path, tmp_path: Path) -> Path:
    """The bundle as the server unpacks it: with times of its own."""
    write(plugin / "words.py", "VALUE = 1\n")
    write(plugin / "broken.py", "def (:\n")
    archive = make(plugin, tmp_path / "one.tar.gz")
    with tarfile.open(archive) as packed:
        for member in packed:
            member.mtime = 1_700_000_000
            packed.extract(member, tmp_path / "server", filter="fully_trusted")
    return tmp_path / "server" / "com.example.one"


def started(installed: Path) -> list[str]:
    command = [str(installed / "venv/bin/python"), "-B", "-c", WATCH]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_cold_start_compiles_nothing(installed: Path) -> None:
    module = installed / "venv/site-packages/fake_sdk/__init__.py"
    assert started(installed) == [f"7 True {module}"]


def test_what_is_changed_on_the_server_is_run(installed: Path) -> None:
    module = installed / "venv/site-packages/fake_sdk/__init__.py"
    module.write_text(module.read_text().replace("7", "8"))
    assert started(installed) == [f"compiled {module}", f"8 True {module}"]


def test_the_modules_of_the_plugin_have_it_too(installed: Path) -> None:
    tag = sys.implementation.cache_tag
    assert (installed / f"__pycache__/words.{tag}.pyc").exists()
    assert not (installed / f"__pycache__/broken.{tag}.pyc").exists()


def test_another_python_gets_none(plugin: Path, tmp_path: Path) -> None:
    target = bundle.Target("3.99")
    out = tmp_path / "x.tar.gz"
    bundle.make(plugin, out, Choice(), target, lambda text: None)
    with tarfile.open(out) as packed:
        assert not [name for name in packed.getnames() if name.endswith(".pyc")]
