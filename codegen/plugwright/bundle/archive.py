"""How do files become one `.tar.gz`, whole or not at all? Items in, the archive on disk.

It says nothing of the machine or the time: the same items give the same bytes.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..output.tree import NEW_FILE
from ..problems import Location, fail

MTIME = 315_532_800  # 1980-01-01, as in wheels: tar warns of times before

_MAGIC = b"\x1f\x8b"


class Item(NamedTuple):
    """A file of the archive; `name` is its path below the plugin's folder."""

    name: str
    content: Path | bytes
    executable: bool


def check(out: Path, sources: Sequence[Path]) -> None:
    """Raise GenerationError if `out` is one of the sources, or something that is no archive."""
    if any(os.path.realpath(out) == os.path.realpath(source) for source in sources):
        text = "is a file of the plugin; name another place for the archive"
        raise fail(Location(str(out)), text)
    try:
        status = out.lstat()
    except (OSError, ValueError):
        return  # there is nothing, or writing says what is wrong
    if not stat.S_ISREG(status.st_mode) or not _is_archive(out, status.st_size):
        text = "exists and is no archive; move it away, or name another place"
        raise fail(Location(str(out)), text)


def _is_archive(path: Path, size: int) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return not size or file.read(len(_MAGIC)) == _MAGIC
    return False


def write(out: Path, top: str, items: Sequence[Item]) -> None:
    """The archive, with all below the folder `top`: sorted, without times, owners and other modes
    than 0644 and 0755. It is made beside `out`, under a name that nobody can guess.
    """
    partial = out.with_name(f".{out.name}-{os.urandom(16).hex()}")
    try:
        with contextlib.ExitStack() as undo:
            with open(os.open(partial, NEW_FILE, 0o666), "wb") as file:
                undo.callback(partial.unlink)
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                    _pack(packed, top, items)
            os.replace(partial, out)
            undo.pop_all()
    except (OSError, ValueError) as error:
        text = f"cannot be written: {_reason(error, partial)}"
        raise fail(Location(str(out)), text) from None


def _reason(error: OSError | ValueError, partial: Path) -> str:
    """What is wrong, and with which file if it is one to be packed."""
    reason = getattr(error, "strerror", None) or str(error)
    name = getattr(error, "filename", None) or partial
    return reason if str(name) == str(partial) else f"{name}: {reason}"


def _pack(packed: gzip.GzipFile, top: str, items: Sequence[Item]) -> None:
    folders = {str(p) for item in items for p in PurePosixPath(item.name).parents}
    members: list[tuple[str, Item | None]] = [(name, None) for name in folders]
    members += [(item.name, item) for item in items]
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, item in sorted(members, key=lambda member: member[0]):
            _add(archive, top if name == "." else f"{top}/{name}", item)


def _add(archive: tarfile.TarFile, name: str, item: Item | None) -> None:
    """One member; without an item a folder."""
    member = tarfile.TarInfo(name)
    member.mtime = MTIME
    if item is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(member)
        return
    member.mode = 0o755 if item.executable else 0o644
    if isinstance(item.content, bytes):
        member.size = len(item.content)
        archive.addfile(member, io.BytesIO(item.content))
        return
    with item.content.open("rb") as file:
        member.size = os.fstat(file.fileno()).st_size
        archive.addfile(member, file)
