"""How is a plugin's program run with stdout already put aside?

    python -m plugwright_runtime.script SDK PROGRAM [ARGUMENT…]

imports the SDK, which prepares the process if a host started it, and then does what
`python PROGRAM ARGUMENT…` does. The start script of a bundle runs this: then a program may print
before it imports the SDK, and print more than Python holds back (8 KiB), and still the first line
the host reads is the handshake.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit("usage: python -m plugwright_runtime.script SDK PROGRAM [ARGUMENT…]")
    _, sdk, *sys.argv = sys.argv
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
    importlib.import_module(sdk)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
