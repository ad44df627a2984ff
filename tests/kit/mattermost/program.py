"""How does a test start a Mattermost plugin as its server does? A small one, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kit.places import importing

IMPORTS = importing("mattermost")
COOKIE = {"MATTERMOST_PLUGIN": "Securely message teams, anywhere."}

PLUGIN = """
import os, sys
print("printed before the SDK is imported")
from mattermost_plugin import HookName, Plugin, hook, run_plugin
sys.stdout.write("x" * 100_000 + "\\n")
sys.stdout.flush()
os.write(1, b"written\\n")

class Mine(Plugin):
    def __init__(self):
        assert "MATTERMOST_PLUGIN" not in os.environ
        {init}

    @hook(HookName.OnActivate)
    def on_activate(self):
        raise RuntimeError(f"{{self.plugin_id}} in {{self.plugin_path}}")

run_plugin({argument})
"""


def start(
    folder: Path, *, init: str = "pass", argument: str = "Mine", **env: str
) -> subprocess.Popen[str]:
    source = folder / "plugin.py"
    source.write_text(PLUGIN.format(init=init, argument=argument))
    environ = {
        **os.environ,
        **COOKIE,
        "PYTHONPATH": IMPORTS,
        "TMPDIR": str(folder),
        "PYTHONUNBUFFERED": "",  # what is printed before the SDK is imported is held back
        **env,
    }
    return subprocess.Popen(
        [sys.executable, str(source)],
        env=environ,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
