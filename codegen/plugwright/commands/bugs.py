"""What does a user see of an exception that nobody expected? No traceback, but what to report."""

from __future__ import annotations

import os
import platform
import sys
import traceback

from .. import __version__

TRACEBACK = "PLUGWRIGHT_TRACEBACK"
_ISSUES = "https://github.com/plugwright/plugwright/issues"


def told(error: Exception) -> str:
    """The text for people; with PLUGWRIGHT_TRACEBACK in the environment it has the traceback."""
    trace = ""
    if os.environ.get(TRACEBACK):
        trace = "".join(traceback.format_exception(error))
    if isinstance(error, OSError):  # a full disk, a folder that nobody may read
        place = error.filename or "a file or stream"
        return f"{trace}{place}: cannot be used: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return f"{trace}there is not enough memory"
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" ({os.path.basename(f.filename)}:{f.lineno})" for f in last)
    text = (
        f"this is a bug of plugwright: {type(error).__name__}: {error}{where}\n"
        f"please report it to {_ISSUES}, with what you ran, the input if you can share it, and: "
        f"plugwright {__version__}, Python {platform.python_version()}, {sys.platform}"
    )
    advice = f"; run it again with {TRACEBACK}=1 for a traceback"
    return trace + text + ("" if trace else advice)
