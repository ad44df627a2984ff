"""Which name has a proto below the import roots, and where is the file of a name?

As it is written first: a link has the name it is found under. Where that does not lead below a
root, links are followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..problems import Location, fail


class Rooted(NamedTuple):
    """`name`: by which protos import a file; `path`: where it is, below the root as given."""

    name: str
    path: str


def rooted(file: Path, roots: Sequence[Path]) -> Rooted:
    """`file` below the first root that holds it. Raises GenerationError if none does."""
    for root, inside in _candidates(file, roots):
        path = os.path.join(root, inside)
        try:
            if not os.path.samefile(path, file):  # .. behind a link leads elsewhere
                continue
            if path[0] in "-@":  # an option and a file of options to protoc
                path = os.path.join(os.curdir, path)
            name = os.fsencode(Path(inside).as_posix()).decode("utf-8")
        except UnicodeDecodeError:
            raise fail(Location(str(file)), "its name is no UTF-8; rename it") from None
        except OSError:
            continue
        return Rooted(name, path)
    text = "lies outside every import root; add its folder with -I"
    raise fail(Location(str(file)), text)


def _candidates(file: Path, roots: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """(root, path of the file below it) of each root that may hold it."""
    for absolute in (os.path.abspath, os.path.realpath):
        path = Path(absolute(file))
        for root in roots:
            if path.is_relative_to(folder := absolute(root)):
                yield root, str(path.relative_to(folder))


def disk_path(name: str, roots: Sequence[Path]) -> str:
    """The path of an imported file, as a reader of an error can open it."""
    inside = os.fsdecode(name.encode("utf-8", "surrogateescape"))
    for root in roots:
        if (root / inside).is_file():
            return os.path.relpath(root / inside)
    return name
