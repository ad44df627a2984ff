"""Was this process started by a plugin host? Asked by an SDK when it is imported, before grpc is.

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
        keep_grpc_out_of_forks()  # grpc looks when it is imported
        importlib.import_module("._launch", package).LAUNCH.prepare()


def prepare_grpc() -> None:
    """See that grpc writes only errors to stderr, since hosts take a line there for an error, and
    that children of the process are safe. A setting of the user's own stays.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    keep_grpc_out_of_forks()


def keep_grpc_out_of_forks() -> None:
    """Switch off grpc's handlers for fork(), which end a forked child of a grpc.aio server now and
    then with SIGSEGV or SIGABRT; without them a child is safe as long as it does not use grpc.

    Works until grpc is first used. A setting of the user's own stays.
    """
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
