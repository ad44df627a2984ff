"""What did a check look at when it found nothing, and is all of that still the same?

A check that finds nothing leaves a list in the user's cache folder: every file it read, every
folder it looked into, every place where it found nothing, and one digest of what was there, of the
generator too. The next check of the same configs makes that digest anew. If it is the same there is
nothing to find; if it is not, or anything is unknown, all is generated and compared. So what is
remembered is never out of date: it is about bytes, and not about times or versions alone.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from ..output import cache
from . import generator

_FOLDER = "unchanged"
_MOST = 64
"""How many lists are kept."""
_TICK = 20_000_000
"""Nanoseconds that may pass until a clock of a file system ticks."""
_COARSE = 2_000_000_000
"""The same, if it seems to count seconds."""


def holds(configs: Sequence[str]) -> bool:
    """Whether a check of `configs` would find nothing, as far as is known."""
    path = _place(configs)
    data = cache.read(path) if path else b""
    digest, _, listed = os.fsdecode(data).partition("\n")
    if not listed:
        return False
    try:
        return _digest(listed.split("\n")) == digest
    except (OSError, ValueError, LookupError):
        return False


def note(configs: Sequence[str], entries: Iterable[str], began: int) -> None:
    """Remember that a check of `configs` that began then (`time.time_ns`) has found nothing.

    `entries`: the kind of a place and where it is, as the functions below make them. It is not
    noted if something there may have changed since the check began.
    """
    path = _place(configs)
    listed = list(dict.fromkeys(entries))
    if not path or any("\n" in entry or entry[0] not in _LOOKS for entry in listed):
        return
    try:
        if any(_changed_at(entry[0], entry[1:]) >= began for entry in listed):
            return
        digest = _digest(listed)
    except (OSError, ValueError):
        return
    if digest:
        cache.write(path, os.fsencode("\n".join((digest, *listed))))
        _forget(os.path.dirname(path))


def file(path: str | os.PathLike[str]) -> str:
    """What a file has."""
    return f"F{os.path.abspath(path)}"


def folder(path: str | os.PathLike[str]) -> str:
    """Which protos, modules and folders are in a folder."""
    return f"D{os.path.abspath(path)}"


def unknown(path: str | os.PathLike[str]) -> str:
    """Something that cannot be told: a check that looks there is not remembered."""
    return f"?{os.path.abspath(path)}"


def nothing(path: str | os.PathLike[str]) -> str:
    """That there is nothing."""
    return f"N{os.path.abspath(path)}"


def place(path: str | os.PathLike[str]) -> str:
    """Where a link leads."""
    return f"L{os.path.abspath(path)}"


def packages(path: str | os.PathLike[str]) -> str:
    """Which folders in a folder, and in those, have a record."""
    return f"P{os.path.abspath(path)}"


def _place(configs: Sequence[str]) -> str:
    """The file that remembers for `configs`; "" without a cache."""
    known = cache.folder(_FOLDER)
    key = "\0".join(map(os.path.abspath, configs)) or os.getcwd()
    name = blake2b(os.fsencode(key), digest_size=16).hexdigest()
    return os.path.join(known, name) if known else ""


def _digest(entries: Iterable[str]) -> str:
    """Of what is at all these places; "" if the generator is not known."""
    own = generator.identity()
    if own is None:
        return ""
    whole = blake2b(digest_size=32)
    for fact in own:
        _add(whole, fact, fact.encode() if fact[0] == " " else _bytes(fact))
    for entry in entries:
        _add(whole, entry, _LOOKS[entry[0]](entry[1:]))
    return whole.hexdigest()


def _add(whole: blake2b, name: str, data: bytes) -> None:
    whole.update(os.fsencode(f"{name}\0{len(data)}\0"))
    whole.update(data)


def _bytes(path: str) -> bytes:
    with open(path, "rb", buffering=0) as opened:
        return opened.readall()


def _names(path: str) -> bytes:
    found: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            link = os.path.realpath(entry.path) if entry.is_symlink() else ""
            if link or entry.is_dir() or entry.name.endswith((".proto", ".py")):
                found.append(f"{entry.name}\0{entry.is_dir()}\0{link}")
    return os.fsencode("\0\0".join(sorted(found)))


def _absence(path: str) -> bytes:
    return b"there" if os.path.lexists(path) else b""


def _target(path: str) -> bytes:
    raw = os.readlink(path) if os.path.islink(path) else ""
    return os.fsencode(f"{raw}\0{os.path.realpath(path)}")


def _records(path: str) -> bytes:
    return os.fsencode("\0".join(sorted(recorded(path))))


def recorded(path: str) -> list[str]:
    """The records in the folders of a folder, and in the folders of those."""
    name = "plugwright.sha256"
    found: list[str] = []
    for inner in _folders(path):
        record = os.path.join(inner, name)
        found += [record] if os.path.exists(record) else []
        deeper = (os.path.join(f, name) for f in _folders(inner))
        found += [r for r in deeper if os.path.exists(r)]
    return found


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [e.path for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []


_LOOKS = {"F": _bytes, "D": _names, "N": _absence, "L": _target, "P": _records}


def _changed_at(kind: str, path: str) -> float:
    """When something there changed last, at the latest, in the clock of `time.time_ns`."""
    if kind == "N":
        return math.inf if os.path.lexists(path) else 0
    paths = [path, *_folders(path)] if kind == "P" else [path]
    found = [os.stat(p, follow_symlinks=kind != "L") for p in paths]
    latest = max(max(f.st_mtime_ns, f.st_ctime_ns) for f in found)
    return latest + (_TICK if latest % 1_000_000_000 else _COARSE)


def _forget(path: str) -> None:
    """Remove the lists that were not written for longest."""
    with os.scandir(path) as entries:
        ages = sorted((entry.stat().st_mtime_ns, entry.path) for entry in entries)
    for _, old in ages[:-_MOST]:
        os.unlink(old)
