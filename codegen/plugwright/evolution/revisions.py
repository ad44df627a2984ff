"""What did a repository hold at a revision? A name of git's in; the protos, configs and surfaces of
that revision out, in a folder of their own.

Nothing is checked out, no hook runs, and no shell sees a name. What a tree holds is not trusted: a
path stays inside the folder, a link is no file, and there is an end to how much is read.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..problems import Location, fail, shown

MOST_BYTES = 256 * 2**20
_WANTED = (".proto",)
_NAMES = frozenset({"plugwright.toml", "surface.txt"})
# What a hook of git finds in its environment is about another command than ours.
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


class Revision(NamedTuple):
    """`name`: as the user says it; `commit`: its hash; `top`: the folder of the repository."""

    name: str
    commit: str
    top: Path


class _Blob(NamedTuple):
    path: str
    hash: str


def find(name: str, folder: Path) -> Revision | None:
    """The revision `name` of the repository that holds `folder`; None if there is none."""
    if not name or name.startswith("-") or not name.isprintable() or ":" in name:
        return None
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None:
        return None
    found = _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found is None:
        return None
    root = os.fsdecode(top).removesuffix("\n")
    return Revision(name, found.decode("ascii", "replace").strip(), Path(root))


def unpack(revision: Revision, target: Path) -> None:
    """Write the protos, configs and surfaces of `revision` below `target`."""
    blobs = [b for b in _listed(revision) if _is_wanted(b.path)]
    wanted = "".join(f"{b.hash}\n" for b in blobs).encode("ascii")
    answer = _git(revision.top, "cat-file", "--batch", data=wanted)
    if answer is None:
        raise fail(
            Location(revision.name),
            "git cannot read its files, or they are very many; name a folder",
        )
    for blob, data in zip(blobs, _contents(answer, len(blobs), revision), strict=True):
        path = target / blob.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _listed(revision: Revision) -> Iterator[_Blob]:
    """The regular files of a revision, as far as their paths stay inside of it."""
    listing = _git(revision.top, "ls-tree", "-r", "-z", "--full-tree", revision.commit)
    for line in os.fsdecode(listing or b"").split("\0"):
        head, _, path = line.partition("\t")
        mode, _, rest = head.partition(" ")
        if mode in ("100644", "100755") and _is_inside(path):
            yield _Blob(path, rest.partition(" ")[2])


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return not {"", ".", ".."}.intersection(parts) and "\\" not in path and ":" not in path


def _is_wanted(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in _NAMES or name.endswith(_WANTED)


def _contents(answer: bytes, count: int, revision: Revision) -> Iterator[bytes]:
    """The files in what `cat-file --batch` says: a line `hash type size` before each."""
    at = 0
    for _ in range(count):
        end = answer.find(b"\n", at)
        words = answer[at:end].split()
        if end < 0 or len(words) != 3 or words[1] != b"blob":
            text = f"git lacks a file of it ({shown(answer[at:end])}); fetch it whole"
            raise fail(Location(revision.name), text)
        begin, size = end + 1, int(words[2])
        yield answer[begin : begin + size]
        at = begin + size + 1


def _git(folder: Path, *words: str, data: bytes = b"") -> bytes | None:
    """What a command of git prints; None if it fails, if that is too much, or there is no git."""
    environment = {k: v for k, v in os.environ.items() if k not in _OF_HOOKS}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    # From a file, so that nobody waits for the other while both write.
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        try:
            process = subprocess.Popen(
                ("git", "-C", str(folder), *words),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError:
            return None
    with process:
        assert process.stdout is not None
        answer = process.stdout.read(MOST_BYTES + 1)
        if len(answer) > MOST_BYTES:
            process.kill()
    return answer if process.returncode == 0 else None
