"""Does a plugin go when its host is killed? With the process, at once."""

from __future__ import annotations

import time
from pathlib import Path

from kit.interop.mattermost_host import MattermostHost


def check_that_it_dies(host: MattermostHost, pid: int) -> None:
    """Kill the host, and see the plugin `pid` go."""
    began = time.monotonic()
    host.kill()
    while is_alive(pid):
        assert time.monotonic() - began < 2, "the plugin outlives its host"
        time.sleep(0.01)
    print(f"gone {time.monotonic() - began:.2f} s after SIGKILL of the host")


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
