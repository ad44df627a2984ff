"""Where is what is played: the example, the organizers of these tests, and how one is started."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit.clapshot.server import ClapshotServer
from kit.places import ROOT, importing

IMPORTS = importing("clapshot")
EXAMPLE = ROOT / "examples" / "clapshot" / "organizer.py"
ORGANIZERS = Path(__file__).parent / "organizers"

Play = Callable[..., ClapshotServer]


def server_for(folder: Path, program: Path | str, **options: Any) -> ClapshotServer:
    """A server for an organizer, not started. `script`: for `scripted.py`."""
    script = json.dumps(options.pop("script", {}))
    environ = {"PYTHONPATH": IMPORTS, "SCRIPT": script, "FILLED": str(folder)}
    environ |= options.pop("environ", {})
    path = program if isinstance(program, Path) else ORGANIZERS / program
    command = options.pop("command", f"exec {sys.executable} {path}")
    return ClapshotServer(folder, command, environ=environ, **options)
