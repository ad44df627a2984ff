"""Writes an SDK time and again, and has something happen at each step of it.

    python -m kit.generating.interrupted KIND SCENARIO FOLDER

A step is a file opened to write, half written, linked, renamed or removed, or a folder made or
removed. Python tells of each before it happens (audit events), so no step can be forgotten. Every
attempt is a forked child, for audit hooks stay. Prints how many steps there were.
"""

from __future__ import annotations

import builtins
import errno
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plugwright.output import disk, replacing
from plugwright.output.source import MARKER, SourceFile, recorded
from plugwright.problems import GenerationError

KINDS = ("kill", "terminate", "interrupt", "full", "error")
_SIGNALS = {
    "kill": signal.SIGKILL,
    "terminate": signal.SIGTERM,
    "interrupt": signal.SIGINT,
}
_STEPS = ("open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir")
_NEEDS_ROOM = ("open", "os.mkdir", "os.link", "write")
Files = Sequence[SourceFile]
Tree = dict[str, bytes | None]


def sdk(package: str, modules: dict[str, str]) -> Files:
    """The files of a small SDK, with one beside the folder of the package."""
    texts = {"pyproject.toml": package, f"{package}/py.typed": ""}
    texts |= {f"{package}/{path}": text for path, text in modules.items()}
    return recorded(
        package,
        [SourceFile(p, f"# {MARKER}\n{t}\n" if t else "") for p, t in texts.items()],
    )


def scenario(name: str) -> tuple[Files | None, Files]:
    """What is there before, and what is to be written."""
    stays = {"__init__.py": "stays"}
    old = sdk("sdk", {**stays, "models/a.py": "old", "goes/deep/b.py": "old"})
    if name == "first":
        return None, old
    package = "kit" if name == "renamed" else "sdk"
    return old, sdk(package, {**stays, "models/a.py": "new", "comes/deep/c.py": "new"})


def tree(folder: Path) -> Tree:
    """Every file and folder, but for what is staged."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes() if path.is_file() else None)
        for path in folder.rglob("*")
        if not any(part.startswith(".plugwright-") for part in path.parts)
    }


def is_staged(folder: Path) -> bool:
    return any(folder.glob(".plugwright-*"))


class Trap:
    """Lets something happen at the step called `number`."""

    def __init__(self, kind: str, number: int) -> None:
        self.kind, self.number, self.count = kind, number, 0
        self.is_set = False

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        if event == "open" and not (arguments[2] or 0) & writes:
            return
        if self.is_set and event in _STEPS:
            self.step(event)

    def step(self, event: str) -> None:
        self.count += 1
        if self.count == self.number and self.kind in _SIGNALS:
            os.kill(os.getpid(), _SIGNALS[self.kind])
        if self.count == self.number and self.kind == "error":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        is_full = self.kind == "full" and event in _NEEDS_ROOM
        if self.count >= self.number and is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open(self, *arguments: Any, **options: Any) -> Any:
        """In place of the built-in function: what it gives writes in two steps."""
        file: Any = builtins.open(*arguments, **options)  # noqa: SIM115
        write = file.write

        class Halves:
            def __enter__(self) -> Halves:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(_, data: memoryview) -> int:
                written: int = write(data[: (len(data) + 1) // 2])
                self.step("write")
                return written

        return Halves()


def attempt(root: Path, files: Files, trap: Trap) -> int:
    """Write in a child that is caught in `trap`; how it ended: 0, 3 refused, 7 interrupted, or
    the negative signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.addaudithook(trap.hook)
    vars(replacing)["open"] = trap.open
    code = 9
    try:
        trap.is_set = True
        disk.write(root, files, lambda text: None)
        code = 0 if trap.count < trap.number else 1
    except GenerationError:
        code = 3
    except KeyboardInterrupt:
        code = 7
    finally:
        os._exit(code)


def main(kind: str, name: str, scratch: Path) -> int:
    before, after = scenario(name)
    root = scratch / "out"
    disk.write(scratch / "wanted", after, lambda text: None)
    if before is not None:
        disk.write(root, before, lambda text: None)
    old, new = tree(root), tree(scratch / "wanted")
    number = 0
    while True:
        number += 1
        code = attempt(root, after, Trap(kind, number))
        check(kind, code, root, old, new)
        if code == 0:
            return number
        for files, wanted in ((after, new), (before, old)):
            if files is None:
                shutil.rmtree(root, ignore_errors=True)
            else:
                disk.write(root, files, lambda text: None)
                assert tree(root) == wanted, (number, "the next run does not finish")
                assert not is_staged(root)


def check(kind: str, code: int, root: Path, old: Tree, new: Tree) -> None:
    """What must hold at once, before any other run."""
    now = tree(root)
    if kind == "kill":
        for path in now.keys() & (old.keys() | new.keys()):
            known = now[path] in (old.get(path), new.get(path))
            assert known or path.endswith("plugwright.sha256"), path
        return
    assert now in (old, new), sorted(now.items() ^ new.items())
    if code == 0:
        assert now == new
    elif code == 3:
        assert now == old
        assert kind == "error" or not is_staged(root)
    else:
        assert code in (1, 7, -signal.SIGTERM)


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
