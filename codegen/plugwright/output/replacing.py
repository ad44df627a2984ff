"""How do many files change as one? `Change`s in; the tree has all of them or none.

All that is new is first written into a folder of its own in the tree, with a name that nobody can
guess; the files stay as they are. Then each changes places with what is there, in the order of the
changes: nothing is left to do but to rename. What fails meanwhile is undone, from what was set
aside, and signals wait till the end. Only a kill or a loss of power in these milliseconds leaves
some files new and some old, and a folder that the next run removes.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .tree import NEW_FILE, Tree

_STAGE = re.compile(r"\.plugwright-[0-9a-f]{32}")
_STAGED = re.compile(r"(?:new|old)-[0-9]+")


class Change(NamedTuple):
    """`content`: what the file at `path` has afterwards; None: there is no such file, and none of
    the folders that it leaves empty.
    """

    path: str
    content: bytes | None


class MixedTreeError(Exception):
    """Something failed, and so did undoing it: some files are new and some old."""


def remove_leftovers(tree: Tree) -> None:
    """Remove what dead runs have left; the caller sees to it that no other run is alive."""
    for name in filter(_STAGE.fullmatch, tree.names()):
        _remove_stage(tree, name)


def apply(tree: Tree, changes: Sequence[Change]) -> None:
    """Make all `changes`, in their order, or none; without any, nothing is written at all.

    Raises OSError or GenerationError with the tree as it was, MixedTreeError if it is not.
    """
    if not changes:
        return
    stage = f".plugwright-{os.urandom(16).hex()}"
    try:
        with _naming(tree.root):
            name, folder = tree.at(stage)
            os.mkdir(name, 0o700, dir_fd=folder)
        with tree.inner(stage) as staged:
            for number, change in enumerate(changes):
                if change.content is not None:
                    with _naming(tree.root / change.path):
                        _create(staged, f"new-{number}", change.content)
            with _signals_waiting():
                _Exchange(tree, staged).run(changes)
    finally:
        _remove_stage(tree, stage)


def _create(staged: Tree, path: str, content: bytes) -> None:
    name, folder = staged.at(path)
    with open(os.open(name, NEW_FILE, 0o666, dir_fd=folder), "wb", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]


def _remove_stage(tree: Tree, stage: str) -> None:
    """Remove a folder of staged files, but nothing that somebody else put there."""
    with contextlib.suppress(OSError):
        with tree.inner(stage) as staged:
            for path in filter(_STAGED.fullmatch, staged.names()):
                name, folder = staged.at(path)
                os.unlink(name, dir_fd=folder)
        tree.remove_folder(stage)


@contextlib.contextmanager
def _naming(path: Path) -> Generator[None]:
    """Errors name the file that changes, not the one it is renamed from."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


@contextlib.contextmanager
def _signals_waiting() -> Generator[None]:
    """Signals that end a run take effect afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    wanted = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Exchange:
    """Puts staged files in their places, and what was there among the staged."""

    def __init__(self, tree: Tree, staged: Tree) -> None:
        self._tree, self._staged = tree, staged
        self._undo: list[Callable[[], object]] = []

    def run(self, changes: Sequence[Change]) -> None:
        try:
            for number, change in enumerate(changes):
                with _naming(self._tree.root / change.path):
                    if change.content is None:
                        self._remove(number, change.path)
                    else:
                        self._replace(number, change.path)
        except BaseException as error:
            if not self._undone():
                raise MixedTreeError(str(error)) from None
            raise

    def _replace(self, number: int, path: str) -> None:
        folder = path.rpartition("/")[0]
        for made in self._tree.make_folders(folder):
            self._undo.append(partial(self._tree.remove_folder, made))
        if self._tree.is_there(path):
            self._set_aside(number, path)
        else:
            self._undo.append(partial(self._discard, path))
        self._move(self._staged, f"new-{number}", self._tree, path)

    def _remove(self, number: int, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._undo.append(partial(self._put_back, number, path))
            self._move(self._tree, path, self._staged, f"old-{number}")
        folder = path.rpartition("/")[0]
        while folder:
            if self._tree.remove_folder(folder):
                self._undo.append(partial(self._make, folder))
            elif self._tree.is_there(folder):
                break
            folder = folder.rpartition("/")[0]

    def _make(self, folder: str) -> list[str]:
        return list(self._tree.make_folders(folder))

    def _set_aside(self, number: int, path: str) -> None:
        """Keep what is at `path`; it stays there as well, so that no reader finds nothing."""
        self._undo.append(partial(self._put_back, number, path))
        old, folder = self._tree.at(path)
        aside, stage = self._staged.at(f"old-{number}")
        try:
            os.link(old, aside, src_dir_fd=folder, dst_dir_fd=stage, follow_symlinks=False)
        except (OSError, NotImplementedError):  # not every file system has links
            self._move(self._tree, path, self._staged, f"old-{number}")

    def _undone(self) -> bool:
        """Undo all that was done; returns whether that succeeded."""
        succeeded = True
        while self._undo:
            try:
                self._undo.pop()()
            except OSError:
                succeeded = False
        return succeeded

    def _put_back(self, number: int, path: str) -> None:
        if self._staged.is_there(f"old-{number}"):
            self._move(self._staged, f"old-{number}", self._tree, path)

    def _discard(self, path: str) -> None:
        name, folder = self._tree.at(path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)

    @staticmethod
    def _move(source: Tree, old: str, target: Tree, new: str) -> None:
        name, folder = source.at(old)
        to, beside = target.at(new)
        os.replace(name, to, src_dir_fd=folder, dst_dir_fd=beside)
