"""Do the SDKs and programs that use them type-check strictly, and is every mistake reported?

Each file of `negative/` has one mistake; its line ends with `# error`. No other line of them, of
the SDKs or of the programs may be complained about. The generator and the runtime, which stand
under the same rules, are checked by `make lint`.
"""

from __future__ import annotations

import importlib
import io
import re
import tokenize
from pathlib import Path

import pytest
from kit.checkers import ROOT, Complaint, mypy, pyright

FOLDER = Path(__file__).parent / "negative"
FILES = sorted(FOLDER.glob("*.py"))
MARK = "  # error"
CONSUMER = Path("tests/typing/consumer.py")
CHECKED = [
    "generated/mattermost/mattermost_plugin",
    "generated/clapshot/clapshot_organizer",
    "generated/openrun/openrun_plugin",
    "examples/openrun/provider.py",
    CONSUMER.as_posix(),
    FOLDER.relative_to(ROOT).as_posix(),
]
# Its modules find each other where they are started; mypy is started there, by tests/examples.
TOGETHER = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("examples/clapshot/*.py"))
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
    # That a type is unknown is never the mistake of a file with one, at most what follows from it.
    negative = FOLDER.relative_to(ROOT).as_posix()
    real = [
        c
        for c in complaints
        if not (c.file.startswith(negative) and c.rule.startswith("reportUnknown"))
    ]
    reported = {(c.file, c.line) for c in real}
    missed = [f"{file}:{line}: not reported" for file, line in marked() - reported]
    surplus = [str(c) for c in real if (c.file, c.line) not in marked()]
    assert not missed + surplus, "\n".join(sorted(missed + surplus))


def test_every_file_has_one_mistake() -> None:
    assert len(FILES) >= 40
    assert sorted(file for file, _ in marked()) == [
        path.relative_to(ROOT).as_posix() for path in FILES
    ]


def test_mypy_reports_every_mistake_and_nothing_else() -> None:
    check(mypy(CHECKED, ROOT / ".mypy_cache" / "strict"))


def test_pyright_reports_every_mistake_and_nothing_else() -> None:
    check(pyright([*CHECKED, *TOGETHER]))


def comments(path: Path) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
    return [t.string for t in tokens if t.type == tokenize.COMMENT]


def test_the_consumer_needs_no_help() -> None:
    """Neither ignores nor casts, nor `Any`, which would make the checks above worth nothing."""
    text = (ROOT / CONSUMER).read_text("utf-8")
    assert not re.search(r"\b(cast|Any)\b", re.sub(r'""".*?"""', "", text, flags=re.S))
    assert not [c for c in comments(ROOT / CONSUMER) if "ignore" in c or "pyright" in c]


@pytest.mark.parametrize(
    "folder",
    ["generated/mattermost/mattermost_plugin", "proto/clapshot/extras", "proto/openrun/extras"],
)
def test_sdks_have_no_ignores(folder: str) -> None:
    """What a person writes may say why it is no list comprehension; what is generated, nothing."""
    wanted = r"type: *ignore|pyright:" + ("|noqa" if folder.startswith("generated") else "")
    modules = sorted((ROOT / folder).rglob("*.py"))
    assert modules
    found = [
        f"{path.name}: {comment}"
        for path in modules
        for comment in comments(path)
        if re.search(wanted, comment)
    ]
    assert found == []


def test_the_consumer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / CONSUMER.parent))
    consumer = importlib.import_module("consumer")
    consumer.try_out()
    post = consumer.build()
    assert consumer.there_and_back(post) == post
    assert consumer.describe(post) == "something else"
    assert consumer.registration().startswith("Two.ping hides the handler")
    assert consumer.enums() == (consumer.TeamType.INVITE, 3)
