"""What every test here can import: the SDK, what tests of the generator use, the test plugins."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

SDKS = [ROOT / "generated" / name for name in ("mattermost", "openrun")]

for folder in (ROOT / "tests" / "codegen", *SDKS, HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
