"""Was this process started by a plugin host? Asked by an SDK when it is imported, before grpc is.

A host takes the first line on stdout for the handshake, so stdout must be put aside before the
plugin's own modules, which may print, are imported: the SDK is the first thing they need. Without
the host's cookie in the environment nothing is touched and nothing further imported.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from types import TracebackType


def prepare_if_hosted(
    package: str, cookie_key: str, cookie_value: str, *others: tuple[str, str]
) -> None:
    """Prepare the process for the host of the SDK `package`, if it was the host that started it.
    `others`: the cookies of plugins that serve something else.
    """
    cookies = ((cookie_key, cookie_value), *others)
    if any(os.environ.get(key) == value for key, value in cookies):
        keep_grpc_out_of_forks()  # grpc looks when it is imported
        importlib.import_module("._launch", package).LAUNCH.style.prepare()


def prepare_grpc() -> None:
    """See that grpc writes only errors to stderr, since hosts take a line there for an error, that
    children of the process are safe, and that an interrupt says little. A setting of the user's own
    stays.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    keep_grpc_out_of_forks()
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """As Python does, but in one line if Ctrl-C in the terminal of the host has interrupted an
    import: then a traceback says nothing.
    """
    if issubclass(kind, KeyboardInterrupt) and _imports(trace):
        with contextlib.suppress(OSError):
            os.write(2, b"interrupted while importing: the plugin has not served\n")
    else:
        sys.__excepthook__(kind, error, trace)


def _imports(trace: TracebackType | None) -> bool:
    """Whether a module was being imported: the program itself is one too."""
    modules = 0
    while trace is not None:
        modules += trace.tb_frame.f_code.co_name == "<module>"
        trace = trace.tb_next
    return modules > 1


def keep_grpc_out_of_forks() -> None:
    """Switch off grpc's handlers for fork(), which end a forked child of a grpc.aio server now and
    then with SIGSEGV or SIGABRT; without them a child is safe as long as it does not use grpc.

    Works until grpc is first used. A setting of the user's own stays.
    """
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
