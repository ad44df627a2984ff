"""Does the OpenRun example pass its own tests and the strict checker, and is what it says so?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kit.places import ROOT, importing

EXAMPLE = ROOT / "examples" / "openrun"
IMPORTS = importing("openrun")
ENV = {**os.environ, "PYTHONPATH": IMPORTS, "MYPYPATH": IMPORTS}


def run(*arguments: str, cwd: Path = EXAMPLE) -> str:
    done = subprocess.run(
        arguments,
        cwd=cwd,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass() -> None:
    flags = ("-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider")
    run(sys.executable, "-m", "pytest", *flags)


def test_it_is_typed(tmp_path: Path) -> None:
    run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), ".")


def test_the_commands_of_its_readme(tmp_path: Path) -> None:
    """Those that make an executable of it, and export it."""
    readme = (EXAMPLE / "README.md").read_text("utf-8")
    block = re.search(r"```\n(sed .*?)```", readme, re.DOTALL)
    assert block is not None
    shutil.copy(EXAMPLE / "provider.py", tmp_path)
    target = tmp_path / "providers"
    commands = block[1].replace("/path/to/providers", str(target))
    commands = commands.replace("$PWD/.venv/bin/python", sys.executable)
    out = run("sh", "-ec", commands, cwd=tmp_path)
    copy = target / "openrun-plugin-notes"
    assert out == f"exported {copy}\n"
    assert os.access(copy, os.X_OK)


def test_the_guide_of_the_sdk_works(tmp_path: Path) -> None:
    text = (ROOT / "generated" / "openrun" / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    program = tmp_path / "test_guide.py"
    program.write_text("\n".join(blocks))
    run(sys.executable, "-m", "pytest", "-c", os.devnull, str(program), cwd=tmp_path)


def test_the_test_kit_of_the_documents_works(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "openrun.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (kit,) = (block for block in blocks if "host.request" in block)
    provider = blocks[0].replace("...\n", 'return [f"{word}, old"]\n', 1)
    provider = provider.partition("if __name__")[0]
    (tmp_path / "kit.py").write_text(provider + kit)
    run(sys.executable, "kit.py", cwd=tmp_path)


@pytest.mark.parametrize("document", ["examples/openrun/README.md", "docs/openrun.md"])
def test_the_python_in_documents_is_python(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, document, "exec")
