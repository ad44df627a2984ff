"""Is every mistake of `negative/` reported by both checkers, on the line that is marked?

Each file has one mistake; its line ends with `# error`. No other line may be complained about.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.checkers import ROOT, Complaint, mypy, pyright

FOLDER = Path(__file__).parent / "negative"
FILES = sorted(FOLDER.glob("*.py"))
MARK = "  # error"
pytestmark = pytest.mark.timeout(900)


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
    surplus = [str(c) for c in real if (c.file, c.line) not in marked()]
    assert not missed + surplus, "\n".join(sorted(missed + surplus))


def test_every_file_has_one_mistake():
    assert len(FILES) >= 30
    assert sorted(file for file, _ in marked()) == [
        path.relative_to(ROOT).as_posix() for path in FILES
    ]


def test_mypy_reports_every_mistake_and_nothing_else():
    check(mypy([FOLDER.relative_to(ROOT).as_posix()], ROOT / ".mypy_cache" / "negative"))


def test_pyright_reports_every_mistake_and_nothing_else():
    check(pyright([FOLDER.relative_to(ROOT).as_posix()]))
