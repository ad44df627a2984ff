"""Are the SDK and a provider strictly typed, and is each mistake of `negative/` reported?

Each file there has one mistake; its line ends with `# error`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kit.checkers import ROOT, Complaint, mypy, pyright

FOLDER = Path(__file__).parent / "negative"
FILES = sorted(FOLDER.glob("*.py"))
NEGATIVE = FOLDER.relative_to(ROOT).as_posix()
CLEAN = ["generated/openrun/openrun_plugin", "examples/openrun/provider.py"]
MARK = "  # error"
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def marked() -> set[tuple[str, int]]:
    """(file, line) of every mistake."""
    return {
        (path.relative_to(ROOT).as_posix(), number)
        for path in FILES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if line.endswith(MARK)
    }


def check(complaints: list[Complaint]) -> None:
    # That a type is unknown is never the mistake, at most what follows from it.
    real = [c for c in complaints if not c.rule.startswith("reportUnknown")]
    reported = {(c.file, c.line) for c in real}
    missed = [f"{file}:{line}: not reported" for file, line in marked() - reported]
    surplus = [
        str(c) for c in real if (c.file, c.line) not in marked() and c.file.startswith(NEGATIVE)
    ]
    assert not missed + surplus, "\n".join(sorted(missed + surplus))


def test_every_file_has_one_mistake() -> None:
    assert len(FILES) >= 12
    assert len(marked()) == len(FILES)


def test_mypy(cache: Path) -> None:
    complaints = mypy([*CLEAN, NEGATIVE], cache)
    clean = [c for c in complaints if not c.file.startswith(NEGATIVE)]
    assert not clean, "\n".join(map(str, clean))
    check(complaints)


def test_pyright() -> None:
    complaints = pyright([*CLEAN, NEGATIVE])
    clean = [c for c in complaints if not c.file.startswith(NEGATIVE)]
    assert not clean, "\n".join(map(str, clean))
    check(complaints)


def test_the_sdk_has_no_ignores() -> None:
    for file in sorted((ROOT / "proto" / "openrun" / "python").glob("*.py")):
        assert not re.search(r"type: *ignore|pyright:", file.read_text("utf-8")), file
