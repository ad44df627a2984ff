"""Do the generator, the runtime, the SDK and a program that uses it type-check strictly?"""

from __future__ import annotations

import importlib
import io
import re
import tokenize
from pathlib import Path

import pytest
from kit.checkers import ROOT, mypy, pyright

CONSUMER = Path("tests/typing/consumer.py")
HAND_WRITTEN = ["codegen/plugwright", "runtime/plugwright_runtime"]
SDKS = [
    "generated/mattermost/mattermost_plugin",
    "generated/clapshot/clapshot_organizer",
]
CHECKED = [*HAND_WRITTEN, *SDKS, str(CONSUMER)]
pytestmark = pytest.mark.timeout(900)


def test_mypy_finds_nothing():
    complaints = mypy(CHECKED, ROOT / ".mypy_cache" / "strict")
    assert not complaints, "\n".join(map(str, complaints))


def test_pyright_finds_nothing():
    complaints = pyright(CHECKED)
    assert not complaints, "\n".join(map(str, complaints))


def comments(path: Path) -> list[str]:
    text = (ROOT / path).read_text("utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [t.string for t in tokens if t.type == tokenize.COMMENT]


def test_the_consumer_needs_no_help():
    """Neither ignores nor casts, nor `Any`, which would make the checks above worth nothing."""
    text = (ROOT / CONSUMER).read_text("utf-8")
    assert not re.search(r"\b(cast|Any)\b", re.sub(r'""".*?"""', "", text, flags=re.S))
    assert not [c for c in comments(CONSUMER) if "ignore" in c or "pyright" in c]


def test_the_sdk_has_no_ignores():
    sdk = ROOT / "generated" / "mattermost" / "mattermost_plugin"
    found = [
        f"{path.name}: {comment}"
        for path in sorted(sdk.rglob("*.py"))
        if "ignore" in path.read_text("utf-8")
        for comment in comments(path)
        if re.search(r"type: *ignore|pyright:|noqa", comment)
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
