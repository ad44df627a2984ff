"""Does the Clapshot example pass its own tests and mypy in strict mode? As a process it is played
in tests/systems/clapshot; pyright is asked in tests/typing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kit.places import ROOT

EXAMPLE = ROOT / "examples" / "clapshot"
PATHS = [str(ROOT / part) for part in ("generated/clapshot", "runtime")]
IMPORTS = os.pathsep.join(PATHS)
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


def test_mypy_finds_nothing(tmp_path: Path) -> None:
    run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), ".")


def test_its_options_are_explained() -> None:
    text = run(sys.executable, "organizer.py", "--help")
    for option in ("bind", "--tcp", "--debug", "--json"):
        assert option in text


@pytest.mark.parametrize(
    ("document", "count"),
    [("docs/clapshot.md", 3), ("generated/clapshot/README.md", 2)],
)
def test_the_python_in_documents_runs(document: str, count: int, tmp_path: Path) -> None:
    text = (ROOT / document).read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == count
    # All but the line that runs it: the last block tests the first one's class.
    program = "\n".join([blocks[0].partition("if __name__")[0], *blocks[1:]])
    (tmp_path / "test_document.py").write_text(program)
    run(sys.executable, "-m", "pytest", "-c", os.devnull, str(tmp_path), cwd=tmp_path)
