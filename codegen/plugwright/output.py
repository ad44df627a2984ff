"""What is on disk, what should be, and how does the one become the other?

An SDK's folder belongs to the generator as far as files carry its marker: those it replaces and
deletes, all others it leaves alone. Writing is all or nothing as far as a file system allows:
every file is first written beside its target, and only then moved into place.
"""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .problems import GenerationError, Location, Problem
from .render import MARKER, SourceFile

_MARKED_BYTES = 400


class Difference(NamedTuple):
    """A file that is not as generated. `kind`: edited, missing or stale."""

    kind: str
    path: str
    diff: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {_EXPLAINED[self.kind]}"


_EXPLAINED = {
    "edited": "edited: differs from what the protos give; change the proto, then generate",
    "missing": "missing: the protos give it; run plugwright generate",
    "stale": "stale: the protos no longer give it; run plugwright generate to delete it",
}


def compare(root: Path, files: Sequence[SourceFile]) -> Iterator[Difference]:
    """How the folder `root` differs from `files`; reads only."""
    for file in files:
        path = root / file.path
        try:
            current = path.read_bytes().decode()
        except FileNotFoundError:
            yield Difference("missing", str(path))
            continue
        except (OSError, UnicodeDecodeError) as error:
            yield Difference("edited", str(path), f"cannot be read: {error}\n")
            continue
        if current != file.text:
            yield Difference("edited", str(path), _diff(current, file.text, str(path)))
    for stale in _stale(root, files):
        yield Difference("stale", str(stale))


def _diff(current: str, wanted: str, path: str) -> str:
    lines = difflib.unified_diff(
        current.splitlines(keepends=True),
        wanted.splitlines(keepends=True),
        f"{path} (on disk)",
        f"{path} (generated)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def write(root: Path, files: Sequence[SourceFile]) -> int:
    """Make `root` as `files` say; returns how many files changed.

    Raises GenerationError, with nothing changed, if a file cannot be written or would replace
    one that the generator did not write.
    """
    changed = [f for f in files if not _is_current(root / f.path, f.text)]
    problems = [p for f in changed if (p := _foreign(root / f.path)) is not None]
    if problems:
        raise GenerationError(problems)
    stale = list(_stale(root, files))
    staged: list[tuple[Path, Path]] = []
    folders: list[Path] = []
    try:
        for file in changed:
            target = root / file.path
            folders += _missing_folders(target.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f".{target.name}.plugwright")
            staged.append((beside, target))
            beside.write_text(file.text, encoding="utf-8", newline="\n")
        _check_deletable(stale)
        for beside, target in staged:
            os.replace(beside, target)
        for path in stale:
            path.unlink()
            _remove_empty(path.parent, root)
    except OSError as error:
        _undo([beside for beside, _ in staged], folders)
        place = Location(str(error.filename or root))
        text = (
            f"cannot be written: {error.strerror}; check the path and its permissions"
        )
        raise GenerationError([Problem(place, text)]) from None
    return len(changed) + len(stale)


def _missing_folders(folder: Path) -> list[Path]:
    """`folder` and those above it that do not exist, outermost first."""
    found: list[Path] = []
    while not folder.exists() and folder != folder.parent:
        found.insert(0, folder)
        folder = folder.parent
    return found


def _undo(files: Iterable[Path], folders: Sequence[Path]) -> None:
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink()
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _is_current(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode("utf-8")
    except OSError:
        return False


def _foreign(path: Path) -> Problem | None:
    """A problem if `path` exists and is not the generator's."""
    if not path.exists() or path.name == "py.typed" or _is_marked(path):
        return None
    text = "exists and was not generated; move it away, or choose another output folder"
    return Problem(Location(str(path)), text)


def _is_marked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARKER.encode() in file.read(_MARKED_BYTES)
    except OSError:
        return False


def _stale(root: Path, files: Iterable[SourceFile]) -> Iterator[Path]:
    """Generated files below the folders of `files` that are not among them."""
    wanted = {root / f.path for f in files}
    packages = {f.path.partition("/")[0] for f in files if "/" in f.path}
    for package in sorted(packages):
        for path in sorted((root / package).rglob("*.py")):
            if path not in wanted and not path.is_symlink() and _is_marked(path):
                yield path


def _check_deletable(paths: Iterable[Path]) -> None:
    for path in paths:
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(13, "Permission denied", str(path))


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
