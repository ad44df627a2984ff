"""Which protos does a pattern of a config name? Links are followed, and no file is found twice."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath


def protos(root: Path, pattern: str) -> Iterator[Path]:
    """The .proto files below `root` that `pattern` names; `**` is any number of folders."""
    found = _matching(root, PurePosixPath(pattern).parts)
    return (p for p in found if p.suffix == ".proto" and p.is_file())


def folders(root: Path, pattern: str) -> Iterator[Path]:
    """The folders that `protos` looks into."""
    return _looked_into(root, PurePosixPath(pattern).parts)


def once(files: Iterable[Path]) -> tuple[Path, ...]:
    """`files`, sorted; of several names of one file the one that is no link, or the first."""
    real = {file: os.path.realpath(file) for file in files}
    by_file: dict[str, Path] = {}
    for file in sorted(real, key=lambda f: (os.path.abspath(f) != real[f], f)):
        by_file.setdefault(real[file], file)
    return tuple(sorted(by_file.values()))


def _matching(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts:
        yield folder
        return
    head, *rest = parts
    if head == "**":
        for inner in _folders(folder):
            yield from _matching(inner, tuple(rest))
    elif not {*head}.isdisjoint("*?["):
        for name in fnmatch.filter(_names(folder), head):
            yield from _matching(folder / name, tuple(rest))
    elif (folder / head).exists():
        yield from _matching(folder / head, tuple(rest))


def _looked_into(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts or not folder.is_dir():
        return
    yield folder
    head, *rest = parts
    if head == "**":
        for inner in _folders(folder):
            yield inner
            yield from _looked_into(inner, tuple(rest))
        return
    names = fnmatch.filter(_names(folder), head) if not {*head}.isdisjoint("*?[") else [head]
    for name in names:
        yield from _looked_into(folder / name, tuple(rest))


def _folders(folder: Path) -> Iterator[Path]:
    """`folder` and all below it, each once; those behind links come last."""
    seen: set[str] = set()
    todo = [folder]
    linked: list[Path] = []
    while todo or linked:
        current = todo.pop() if todo else linked.pop(0)
        real = os.path.realpath(current)
        if real in seen:
            continue
        seen.add(real)
        yield current
        for name in reversed(_names(current)):
            inner = current / name
            if inner.is_symlink():
                if inner.is_dir():
                    linked.append(inner)
            elif inner.is_dir():
                todo.append(inner)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:  # no folder, or none that may be read
        return []
