"""Where is what? The folders of the repository, and what programs that tests start may import."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
CASES = TESTS / "cases"
RUNTIME = ROOT / "runtime"


def importing(*systems: str, kit: bool = False) -> str:
    """The PYTHONPATH of a program that uses the runtime, the SDKs of some systems, and `kit`."""
    folders = [*(ROOT / "generated" / system for system in systems), RUNTIME]
    return os.pathsep.join(map(str, [*folders, *([TESTS] if kit else [])]))
