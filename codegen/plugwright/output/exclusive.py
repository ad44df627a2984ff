"""How does one run at a time change a folder? A path in, its `Tree` out, locked while it is open.

The lock is the system's own, on the folder itself: it leaves no file behind, needs no right to
write, and ends with its holder, however that dies. Who only reads needs none.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

from ..problems import Location, fail
from .tree import Tree

PATIENCE = 60.0
"""How long another run is waited for, in seconds: it holds the lock for a fraction of one."""

_NOTICED = 1.0
_PAUSE = 0.02


@contextlib.contextmanager
def exclusively(root: Path, report: Callable[[str], None]) -> Generator[tuple[Tree, bool]]:
    """The folder `root`, made if it is missing, and whether it is locked for this run.

    It is not where the system has no such locks. `report` is told of a longer wait. Folders that
    were made go with an error. Raises GenerationError if another run keeps the lock.
    """
    made = _missing(root)
    try:
        with contextlib.ExitStack() as opened:
            while True:
                tree = opened.enter_context(_opened(root))
                locked = _lock(tree, report)
                if _is_same(tree):
                    break
                opened.pop_all().close()
            yield tree, locked
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _missing(folder: Path) -> list[Path]:
    """`folder` and those above it that do not exist, innermost first."""
    found: list[Path] = []
    while not folder.exists() and folder != folder.parent:
        found.append(folder)
        folder = folder.parent
    return found


def _opened(root: Path) -> Tree:
    with contextlib.suppress(FileNotFoundError):
        return Tree(root)
    root.mkdir(parents=True, exist_ok=True)
    return Tree(root)


def _is_same(tree: Tree) -> bool:
    """Whether the folder is still there: the run before this one may have removed it again."""
    if tree.fd is None:
        return True
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(tree.fd), os.stat(tree.root))
    return False


def _lock(tree: Tree, report: Callable[[str], None]) -> bool:
    if sys.platform == "win32" or tree.fd is None:
        return False
    import fcntl

    start, said = time.monotonic(), False
    while True:
        try:
            fcntl.flock(tree.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - start
        except OSError:
            return False
        else:
            return True
        if waited > PATIENCE:
            text = "another run of plugwright has been writing to it for a minute"
            raise fail(
                Location(str(tree.root)),
                f"{text}; let it end, or end it, and try again",
            )
        if waited > _NOTICED and not said:
            report(f"{tree.root}: waiting for another run of plugwright that writes to it")
            said = True
        time.sleep(_PAUSE)
