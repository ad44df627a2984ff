"""How does a file become a provider that OpenRun can start?

`run_provider` is its last statement. Started by the server, the process serves; started as
`FILE export DIR`, it puts a copy of itself into DIR, as OpenRun's installer on Kubernetes asks
providers to do.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from openrun_plugin.plugin import run_plugin

from .provider import Provider


def run_provider(provider: type[Provider]) -> NoReturn:
    """Be the process of `provider`, as the server has started it; never returns.

        if __name__ == "__main__":
            run_provider(Demo)

    With the arguments `export DIR` the program is copied to DIR instead. The copy is one file: of
    a script that is the script, which needs the same Python with the same packages where it goes;
    what was packed into one executable needs nothing.
    """
    if sys.argv[1:2] == ["export"]:
        sys.exit(_export(sys.argv[2:]))
    run_plugin(provider)


def _export(arguments: Sequence[str]) -> int:
    """The exit code; what happened is printed."""
    if len(arguments) != 1 or not arguments[0]:
        print(f"usage: {sys.argv[0]} export DIR", file=sys.stderr)
        return 1
    frozen = getattr(sys, "frozen", False)
    program = Path(sys.executable if frozen else sys.argv[0]).resolve()
    try:
        copied = export(program, Path(arguments[0]))
    except (OSError, ValueError) as error:
        print(f"export failed: {error}", file=sys.stderr)
        return 1
    print(f"exported {copied}")
    return 0


def export(program: Path, folder: Path) -> Path:
    """Copy `program` into `folder`, executable for everyone, in one step; the copy's path.

    OSError if it cannot be read or written, ValueError if it is nothing that can be executed.
    """
    if not program.is_file():
        raise ValueError(f"{program} is no file: only a single file can be exported")
    with program.open("rb") as file:
        if file.read(2) not in (b"#!", b"\x7fE", b"\xcf\xfa", b"\xca\xfe", b"MZ"):
            raise ValueError(
                f"{program} cannot be executed by itself: give it a first line such as "
                "#!/usr/bin/env python3"
            )
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".export-", dir=folder)
    os.close(handle)
    try:
        shutil.copyfile(program, name)
        os.chmod(name, 0o555)
        os.replace(name, folder / program.name)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return folder / program.name
