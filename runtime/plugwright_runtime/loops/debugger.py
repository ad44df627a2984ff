"""Is somebody looking at this process with a debugger? Then no time limit makes sense.

Asked when a limit has been reached, and not before. A trace function alone says nothing, since
tools that measure coverage have one: it must be a debugger's.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

_DEBUGGERS = frozenset(
    {"bdb", "pdb", "ipdb", "pudb", "IPython", "pydevd", "_pydevd_bundle", "debugpy"}
)


def attached() -> bool:
    """Whether a debugger watches a thread of this process, or waits for somebody in one.

    pdb and its kin are found by the frames that they run in or trace, also those that a
    `breakpoint()` began; debuggers of editors by their connection; and those that use
    `sys.monitoring` by the tool's id, which is for debuggers.
    """
    monitoring: Any = getattr(sys, "monitoring", None)
    if monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID):
        return True
    connected = getattr(sys.modules.get("debugpy"), "is_client_connected", None)
    if connected is not None and connected():
        return True
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
    return any(_debugged(frame) for frame in frames.values())


def _debugged(frame: FrameType | None) -> bool:
    while frame is not None:
        traced = getattr(frame.f_trace, "__module__", None)
        for module in (frame.f_globals.get("__name__"), traced):
            if isinstance(module, str) and module.partition(".")[0] in _DEBUGGERS:
                return True
        frame = frame.f_back
    return False
