"""How is a file below a folder reached, so that no link leads out of it? Paths in, places out.

A folder is opened from the one above it, which follows no link and cannot be redirected by
somebody who renames folders meanwhile. Where the system cannot do that (Windows), by its path.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ..problems import Location, fail

Place = tuple[str, int | None]
"""The name of a file, and the open folder that it is in; without one, the name is a path."""

_BY_FOLDER = sys.platform != "win32"
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_NO_EMPTY_FOLDER = {
    errno.ENOTEMPTY,
    errno.EEXIST,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EBUSY,
}
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | getattr(os, "O_BINARY", 0)
"""Flags to open a file that is not there yet, not even as a link that somebody planted."""


class Tree:
    """The files below `root`, named by relative paths with forward slashes."""

    def __init__(self, root: Path, place: Place | None = None) -> None:
        """`place`: where `root` is, and no link."""
        self.root = root
        self.fd: int | None = None
        self._opened: tuple[str, int] | None = None
        if not _BY_FOLDER:
            os.listdir(root)  # fails as opening would
        elif place is None:
            self.fd = os.open(root, _FOLDER)
        else:
            self.fd = os.open(place[0], _FOLDER | _NO_LINK, dir_fd=place[1])

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
        if self.fd is not None:
            os.close(self.fd)

    def _leave(self) -> None:
        """Close the folder that was opened last."""
        opened, self._opened = self._opened, None
        if opened is not None:
            os.close(opened[1])

    def names(self) -> list[str]:
        """What lies in `root`."""
        return os.listdir(self.root if self.fd is None else self.fd)

    def inner(self, name: str) -> Tree:
        """The folder called `name`, as a tree of its own."""
        return Tree(self.root / name, self.at(name))

    def at(self, path: str) -> Place:
        """Where `path` is; the place is good until the next call.

        Raises GenerationError if a folder of it is a link, OSError if it cannot be opened.
        """
        folder, _, name = path.rpartition("/")
        if not folder:
            return self._top(name)
        if not _BY_FOLDER:
            self._refuse_links(folder)
            return str(self.root / path), None
        if self._opened is None or self._opened[0] != folder:
            self._leave()
            self._opened = folder, self._open(folder)
        return name, self._opened[1]

    def _top(self, name: str) -> Place:
        return (name, self.fd) if _BY_FOLDER else (str(self.root / name), None)

    def _open(self, folder: str) -> int:
        fd = os.dup(self.fd or 0)
        done: list[str] = []
        for part in folder.split("/"):
            done.append(part)
            try:
                inner = os.open(part, _FOLDER | _NO_LINK, dir_fd=fd)
            except NotADirectoryError:
                self._refuse_links("/".join(done))
                raise
            finally:
                os.close(fd)
            fd = inner
        return fd

    def _refuse_links(self, folder: str) -> None:
        path = self.root
        for part in folder.split("/"):
            path = path / part
            if path.is_symlink():
                text = "is a link, and nothing is written through links; put a folder there"
                raise fail(Location(str(path)), text)

    def make_folders(self, folder: str) -> Iterator[str]:
        """Make `folder` and those above it, where they are missing; gives each that was made."""
        if self._opened is not None and self._opened[0] == folder:
            return
        done: list[str] = []
        for part in filter(None, folder.split("/")):
            done.append(part)
            path = "/".join(done)
            if not self.is_there(path):
                name, parent = self.at(path)
                os.mkdir(name, dir_fd=parent)
                yield path

    def remove_folder(self, folder: str) -> bool:
        """Remove `folder` if it is an empty one; returns whether it was."""
        try:
            name, parent = self.at(folder)
            os.rmdir(name, dir_fd=parent)
        except OSError as error:
            if error.errno in _NO_EMPTY_FOLDER:
                return False
            raise
        return True

    def is_there(self, path: str) -> bool:
        """Whether something is at `path`, be it a link that leads nowhere."""
        with contextlib.suppress(FileNotFoundError):
            name, folder = self.at(path)
            return bool(os.stat(name, dir_fd=folder, follow_symlinks=False))
        return False


def read(path: Path) -> bytes | None:
    """The bytes of a file, None if there is none. Raises OSError for what is no file."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        fd = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with open(fd, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        return file.readall()
