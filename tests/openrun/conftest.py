"""Puts the OpenRun SDK on the path of the tests here."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

sys.path.insert(0, str(ROOT / "generated" / "openrun"))
