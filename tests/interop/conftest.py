"""The SDK, the runtime and the folder of the test plugins can be imported by every test here."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

for folder in (HERE, ROOT / "generated" / "mattermost"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
