"""Was this process started by a plugin host? Asked by an SDK when it is imported.

A host takes the first line on stdout for the handshake, so stdout must be put aside before the
plugin's own modules, which may print, are imported: the SDK is the first thing they need. Without
the host's cookie in the environment nothing is touched and nothing further imported.
"""

from __future__ import annotations

import importlib
import os


def prepare_if_hosted(package: str, cookie_key: str, cookie_value: str) -> None:
    """Prepare the process for the host of the SDK `package`, if it was the host that started it."""
    if os.environ.get(cookie_key) == cookie_value:
        importlib.import_module("._launch", package).LAUNCH.prepare()
