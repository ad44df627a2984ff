"""A plugin to be packed, and the wheels of its requirements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit.generating.bundles import MANIFEST, wheel, write
from kit.places import RUNTIME

SCRIPT = RUNTIME / "plugwright_runtime" / "script.py"
PROGRAM = """\
import sys
print("before", *sys.argv)
import fake_sdk
print(fake_sdk.VALUE, __name__, sys.path[0])
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    wheel(
        folder,
        "fake_sdk",
        {
            "fake_sdk/__init__.py": "VALUE = 7\ndef where(): ...\n",
            "fake_sdk/_launch.py": "",
        },
    )
    wheel(folder, "other_sdk", {"other_sdk/__init__.py": "", "other_sdk/_launch.py": ""})
    wheel(
        folder,
        "plugwright_runtime",
        {
            "plugwright_runtime/__init__.py": "",
            "plugwright_runtime/script.py": SCRIPT.read_text(),
        },
    )
    return folder


@pytest.fixture(autouse=True)
def offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    write(folder / "plugin.json", json.dumps(MANIFEST))
    write(folder / "plugin.py", PROGRAM)
    write(folder / "requirements.txt", "fake_sdk\nplugwright_runtime\n")
    return folder
