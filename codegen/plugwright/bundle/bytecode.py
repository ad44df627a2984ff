"""How does a bundle start without compiling? With the bytecode of its modules, for one Python.

In: the modules of the archive, by name. Out: the same as files in `__pycache__`, made by a Python
of its own, so that they depend on nothing that this process did before.

The server unpacks the archive with times of its own, so times cannot say whether bytecode is that
of its source. A hash can: Python compares it at each import (`checked-hash`), which cannot be told
from a start without that (`unchecked-hash`). Without it, whoever edits a file on a server, to see
what is wrong there, would see nothing change.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def compiled(modules: Mapping[str, Path], scratch: Path) -> Iterator[tuple[str, Path]]:
    """(name, file) of the bytecode of `modules`; what cannot be compiled has none.

    `modules`: name in the archive -> source; `scratch`: a folder to work in, that must outlive the
    files.
    """
    for name, source in modules.items():
        copy = scratch / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    # Stripped: the paths in tracebacks are those of the import, and none of this machine remain.
    command = [sys.executable, "-I", "-m", "compileall", "-qq", "-s", str(scratch)]
    command += ["--invalidation-mode", "checked-hash", str(scratch)]
    nowhere = subprocess.DEVNULL
    subprocess.run(command, stdout=nowhere, stderr=nowhere, check=False)
    for file in sorted(scratch.rglob("__pycache__/*.pyc")):
        yield file.relative_to(scratch).as_posix(), file
