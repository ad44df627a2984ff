"""Puts the SDK on the path of the tests in this directory."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "generated" / sdk) for sdk in ("mattermost", "clapshot")]
