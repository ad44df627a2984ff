"""What is on disk, what should be, and how does the one become the other?

`ownership` says what differs and whose it is, `exclusive` and `replacing` how it changes. The
record of what was written is the first to change and the last: in between it lists the old and the
new, so a run that comes after one that was killed knows all of it for its own, and finishes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..problems import GenerationError, Location, Problem, fail
from . import ownership, replacing
from . import source as sdk
from .exclusive import exclusively
from .ownership import Found, Survey
from .reasons import Reasons, explained
from .replacing import Change
from .source import RECORD, Record, SourceFile


class Difference(NamedTuple):
    """A file that is not as generated; the kinds are those of `ownership`."""

    kind: ownership.Kind
    path: str
    text: str
    diff: str = ""


def compare(root: Path, files: Sequence[SourceFile]) -> Iterator[Difference]:
    """How the folder `root` differs from `files`; reads only."""
    survey = ownership.survey(root, files)
    reasons = Reasons(files, survey)
    for found in survey.found:
        path = str(root / found.path)
        diff = "" if path.endswith(RECORD) else _diff(found, path)
        yield Difference(found.kind, path, reasons.explained(found), diff)


def _diff(found: Found, path: str) -> str:
    if found.now is None or found.wanted is None:
        return ""
    import difflib  # seldom wanted

    lines = difflib.unified_diff(
        found.now.decode("utf-8", "replace").splitlines(keepends=True),
        found.wanted.splitlines(keepends=True),
        f"{path} (on disk)",
        f"{path} (generated)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def write(root: Path, files: Sequence[SourceFile], report: Callable[[str], None]) -> int:
    """Make `root` as `files` say; returns how many files changed.

    `report` is told of what somebody edited, before it is replaced. Raises GenerationError, with
    nothing changed, if a file cannot be written or would replace one that is not ours.
    """
    try:
        with exclusively(root, report) as (tree, is_alone):
            if is_alone:
                replacing.remove_leftovers(tree)
            survey = ownership.survey(root, files)
            _refuse(root, survey)
            for line in _remarks(root, files, survey):
                report(line)
            changes = _changes(files, survey)
            replacing.apply(tree, changes)
    except OSError as error:
        raise _unwritable(root, error) from None
    except replacing.MixedTreeError as error:
        text = f"some files are new and some old: {error}; run plugwright generate again"
        raise fail(Location(str(root)), text) from None
    return sum(found.kind != "kept" for found in survey.found)


_PREVIEWED: dict[ownership.Kind, str] = {
    "edited": "would be replaced",
    "missing": "would be written",
    "outdated": "would be replaced",
    "stale": "would be deleted",
}


def preview(
    root: Path, files: Sequence[SourceFile], report: Callable[[str], None]
) -> Iterator[str]:
    """What `write` would do, a line for each file that it would change; reads only."""
    survey = ownership.survey(root, files)
    _refuse(root, survey)
    for line in _remarks(root, files, survey):
        report(line)
    for found in survey.found:
        if found.kind in _PREVIEWED:
            yield f"{root / found.path}: {_PREVIEWED[found.kind]}"


def _refuse(root: Path, survey: Survey) -> None:
    """Raise GenerationError if files of others are where ours must go."""
    foreign = [f for f in survey.found if f.kind == "foreign"]
    if foreign:
        raise GenerationError(Problem(Location(str(root / f.path)), explained(f)) for f in foreign)


def _remarks(root: Path, files: Sequence[SourceFile], survey: Survey) -> Iterator[str]:
    """What the owner of the folder should know before it changes."""
    for found in survey.found:
        if found.kind == "edited":
            yield f"{root / found.path}: edited since it was generated; it is replaced"
        elif found.kind == "kept":
            yield f"{root / found.path}: {explained(found)}"
        elif found.kind == "stale" and found.path.endswith(f"/{RECORD}"):
            package = ownership.package_of(files)
            folder = (root / found.path).parent
            yield f"{folder}: the package is called {package} now; this one is removed"
    if not survey.record.digests:
        yield from _unrecorded(root, files, survey)


def _unrecorded(root: Path, files: Sequence[SourceFile], survey: Survey) -> Iterator[str]:
    """What cannot be told of a folder without a record."""
    replaced = sum(f.kind == "outdated" for f in survey.found)
    if replaced:
        text = "no record of an earlier run, so edits cannot be told"
        yield f"{root}: {text}; files that say they are generated and are replaced: {replaced}"
    for path in ownership.unrecorded(root, files):
        text = "says that it is generated, but no record lists it, so it stays"
        yield f"{root / path}: {text}; delete it if nobody needs it"


def _changes(files: Sequence[SourceFile], survey: Survey) -> list[Change]:
    """What to change, in an order in which the record always lists all that is there."""
    record = f"{ownership.package_of(files)}/{RECORD}"
    changed = {f.path: f.wanted for f in survey.found if f.wanted is not None}
    last = changed.pop(record, None)
    gone = [*survey.absent, *(f.path for f in survey.found if f.kind == "stale")]
    # The record of a former package lists the rest of it, so it goes after that.
    gone.sort(key=lambda path: (path.endswith(f"/{RECORD}"), path))
    changes = [Change(path, text.encode()) for path, text in changed.items()]
    changes += [Change(path, None) for path in gone]
    if last is None:
        return changes
    earlier = {p: d for p, d in survey.record.digests.items() if p != record}
    first = Record(earlier).joined(sdk.read(last)).text()
    ends = [Change(record, text.encode()) for text in dict.fromkeys((first, last))]
    return [ends[0], *changes, *ends[1:]]


def check_apart(made: Iterable[tuple[Path, Sequence[SourceFile]]]) -> None:
    """Raise GenerationError if two SDKs have a file in common: each would undo the other."""
    taken: set[str] = set()
    for root, files in made:
        folder = os.path.realpath(root)
        paths = {os.path.join(folder, f.path) for f in files}
        if both := sorted(paths & taken):
            text = "two SDKs of this run write it; give each a folder of its own"
            raise fail(Location(str(root / os.path.relpath(both[0], folder))), text)
        taken |= paths


def _unwritable(root: Path, error: OSError) -> GenerationError:
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    advice = "make room" if error.errno in full else "check the path and its permissions"
    text = f"cannot be written: {error.strerror}; {advice}; nothing was changed"
    return fail(Location(str(error.filename or root)), text)
