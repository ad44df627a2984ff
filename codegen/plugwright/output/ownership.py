"""Whose are the files in an SDK's folder? The folder and what a run makes in, what differs out.

A file is ours if the record lists it with these very bytes, or if it is as it shall be anyway. All
others are somebody's own: they are never deleted, and only one that still says in its first line
that it is generated is ever replaced, after a word about it. An SDK of plugwright 0.1, which kept
no record, is taken over by that line too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from . import source as sdk
from .source import RECORD, Record, SourceFile
from .tree import read

Kind = Literal["missing", "outdated", "edited", "foreign", "stale", "kept"]
"""missing: not there. outdated: as an earlier run wrote it. edited: the same, but changed by hand
since. foreign: not ours, where a file must go. stale: as an earlier run wrote it, and needed no
more. kept: the same, but changed by hand since, so it stays."""


class Found(NamedTuple):
    """A file that is not as it should be: `now` what it has (None: nothing), `wanted` what not.

    `reason`: why it could not be read.
    """

    kind: Kind
    path: str
    now: bytes | None = None
    wanted: str | None = None
    reason: str = ""


class Survey(NamedTuple):
    """What differs, and what earlier runs have written; `absent`: what is gone of that already."""

    found: tuple[Found, ...]
    record: Record
    absent: tuple[str, ...]


def survey(root: Path, files: Sequence[SourceFile]) -> Survey:
    """How the folder `root` differs from `files`; reads only, through links too."""
    record = _record(root, files)
    found = [f for file in files if (f := _wanted(root, file, record)) is not None]
    unwanted = sorted(record.digests.keys() - {file.path for file in files})
    gone = [f for path in unwanted if (f := _gone(root, path, record)) is not None]
    absent = tuple(p for p in unwanted if not os.path.lexists(root / p))
    return Survey((*found, *gone), record, absent)


def _wanted(root: Path, file: SourceFile, record: Record) -> Found | None:
    path = root / file.path
    try:
        now = read(path)
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
        return Found("foreign", file.path, None, file.text, reason)
    if now == file.text.encode():
        return None
    if path.is_symlink():
        return Found("foreign", file.path, now, file.text, "it is a link")
    kind: Kind = "missing" if now is None else _kind(file.path, now, record)
    return Found(kind, file.path, now, file.text)


def _kind(name: str, now: bytes, record: Record) -> Kind:
    """The kind of a file that has something else than it should."""
    is_empty = not now.strip(b"\0")  # a loss of power leaves files like this
    if record.lists(name, now) or (name in record.digests and is_empty):
        return "outdated"
    if not sdk.is_marked(now):
        return "foreign"
    return "edited" if record.digests else "outdated"


def _gone(root: Path, path: str, record: Record) -> Found | None:
    """A file that was written once and is wanted no more."""
    try:
        now = None if (root / path).is_symlink() else read(root / path)
    except OSError:
        return None
    if now is None:
        return None
    is_ours = record.lists(path, now) and (sdk.is_marked(now) or not now)
    return Found("stale" if is_ours else "kept", path, now)


def _record(root: Path, files: Sequence[SourceFile]) -> Record:
    """What earlier runs wrote: by the record of the package, and by that of another package which
    has files beside its folder that are now this one's: that is what it was called before.
    """
    package = package_of(files)
    found = _read_record(root, package)
    beside = {f.path for f in files if "/" not in f.path}
    if beside:
        for other in sorted(set(_packages(root)) - {package}):
            earlier = _read_record(root, other)
            if beside.intersection(earlier.digests):
                found = found.joined(earlier)
    return found


def package_of(files: Sequence[SourceFile]) -> str:
    """The package that `files` make, which is the folder with the record."""
    found = (f.path.partition("/")[0] for f in files if f.path.endswith(f"/{RECORD}"))
    return next(found, "")


def _packages(root: Path) -> Iterator[str]:
    """The folders in `root` that have a record."""
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and os.path.exists(
                    os.path.join(entry, RECORD)
                ):
                    yield entry.name
    except OSError:
        return


def _read_record(root: Path, package: str) -> Record:
    """The record of `package`, which lists itself too; an empty one if there is none."""
    path = f"{package}/{RECORD}"
    try:
        now = read(root / path) if package else None
    except OSError:
        now = None
    if now is None or not sdk.is_marked(now):
        return Record({})
    listed = sdk.read(now.decode("utf-8", "replace"))
    return listed.joined(Record({path: frozenset([sdk.digest(now)])}))


def unrecorded(root: Path, files: Sequence[SourceFile]) -> Iterator[str]:
    """Files of the package that say they are generated and are not among `files`.

    Without a record they may be those of plugwright 0.1, or of somebody who copied one.
    """
    package = package_of(files)
    wanted = {f.path for f in files}
    for parent, folders, names in os.walk(root / package):
        folders.sort()
        if "_package.py" in names and Path(parent) != root / package:
            folders.clear()  # an SDK of its own
            continue
        for name in sorted(n for n in names if n.endswith(".py")):
            path = Path(parent, name).relative_to(root).as_posix()
            found = _gone(root, path, Record({}))
            if path not in wanted and found and found.now and sdk.is_marked(found.now):
                yield path
