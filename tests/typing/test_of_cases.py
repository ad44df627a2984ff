"""What do type checkers say to users of what the cases of `tests/cases` generate?

`of_cases/` holds programs that use the packages of some cases. A line with a mistake ends with
`# error`; both checkers must report it, and nothing else.
"""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kit.checkers import ROOT, Complaint, mypy, pyright

FOLDER = Path(__file__).parent / "of_cases"
FILES = sorted(FOLDER.glob("*.py"))
MARK = "  # error"
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs and the packages they use, set up for both checkers."""
    root = tmp_path_factory.mktemp("of_cases")
    for case in ("oneofs", "deprecated", "well_known"):
        folder = ROOT / "tests" / "cases" / case
        command = [sys.executable, "-m", "plugwright", "generate", "--package"]
        command += [f"{case}_sdk", "--out", str(root), f"-I{folder}"]
        protos = [str(p) for p in sorted(folder.glob("*.proto"))]
        subprocess.run([*command, *protos], check=True, capture_output=True)
    _generate_configured(root)
    for file in FILES:
        shutil.copy(file, root)
    runtime = ROOT / "runtime"
    (root / "mypy.ini").write_text(
        f"[mypy]\nmypy_path = {runtime}\nenable_error_code = deprecated\n"
        "[mypy-grpc.*]\nignore_missing_imports = true\n"
    )
    settings = {"extraPaths": [str(runtime)], "typeCheckingMode": "strict"}
    (root / "pyrightconfig.json").write_text(json.dumps(settings))
    return root


def _generate_configured(root: Path) -> None:
    """The package `sdk` of a case with a config."""
    folder = root / "configured"
    shutil.copytree(ROOT / "tests" / "cases" / "launch_services", folder)
    command = [sys.executable, "-m", "plugwright", "generate", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.move(folder / "sdk", root)
    shutil.rmtree(folder)


def check(complaints: list[Complaint]) -> None:
    marked = {
        (path.name, number)
        for path in FILES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if line.endswith(MARK)
    }
    real = [c for c in complaints if not c.rule.startswith("reportUnknown")]
    reported = {(c.file, c.line) for c in real}
    missed = [f"{file}:{line}: not reported" for file, line in marked - reported]
    surplus = [str(c) for c in real if (c.file, c.line) not in marked]
    assert not missed + surplus, "\n".join(sorted(missed + surplus))


def test_each_file_has_one_mistake_or_none() -> None:
    clean = {"oneof_matched.py", "deprecated_unused.py", "any_packed.py", "services_served.py"}
    assert len(FILES) >= 15
    for path in FILES:
        assert path.read_text("utf-8").count(MARK) == (path.name not in clean), path


def test_mypy(root: Path) -> None:
    names = [f.name for f in FILES]
    check(mypy(names, root / ".mypy_cache", folder=root))


def test_pyright(root: Path) -> None:
    check(pyright([f.name for f in FILES], folder=root))


def test_what_checks_also_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root))
    runpy.run_path(str(root / "oneof_matched.py"))["try_out"]()
