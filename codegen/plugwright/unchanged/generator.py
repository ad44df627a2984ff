"""Which plugwright is this, down to the byte, and what does it run on?

All that decides what is generated, beside what a user gives: the code and the templates, the Python
that runs them, and the libraries whose output ends up in an SDK.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

# Package -> distribution: protoc is in the first, descriptors come from the second.
_LIBRARIES = {
    "grpc_tools": "grpcio_tools",
    "google/protobuf": "protobuf",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
}
_SUFFIXES = (".py", ".j2")


def identity() -> list[str] | None:
    """The files to compare and the facts to know this generator by; None if it cannot be told.

    Facts are no paths: they begin with a blank.
    """
    libraries = list(_libraries())
    if len(libraries) < 2 * len(_LIBRARIES):
        return None
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    beside = os.path.join(os.path.dirname(os.path.dirname(here)), "templates")
    folders = [here, beside] if not os.path.isdir(os.path.join(here, "templates")) else [here]
    runtime = sys.modules["plugwright_runtime"].__file__ or ""
    files = [path for folder in folders for path in sorted(_files(folder))]
    return [f" {sys.version}", *libraries, runtime, *files]


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                yield entry.path
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _files(entry.path)


def _libraries() -> Iterator[str]:
    """The version of each library, and the list of what its distribution has installed."""
    names: dict[str, list[str]] = {}
    for entry in sys.path:
        try:
            names[entry] = os.listdir(entry or os.curdir)
        except OSError:  # an archive, or nothing
            continue
    for package, distribution in _LIBRARIES.items():
        home = next((e for e in names if _has(e, names[e], package)), None)
        infos = [n for n in names.get(home or "", ()) if _is_info(n, distribution)]
        if home is None or len(infos) != 1:
            return
        yield f" {infos[0]}"
        yield os.path.abspath(os.path.join(home, infos[0], "RECORD"))


def _has(entry: str, names: list[str], package: str) -> bool:
    head, _, rest = package.partition("/")
    if f"{head}.py" in names:
        return True
    return head in names and os.path.isdir(os.path.join(entry, head, rest))


def _is_info(name: str, distribution: str) -> bool:
    return name.endswith(".dist-info") and name.lower().startswith(f"{distribution}-")
