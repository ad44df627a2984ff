"""Is an SDK written as a whole or not at all, whatever happens, and by one run at a time?"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kit.generating.failing import command, snapshot
from kit.generating.interrupted import KINDS
from kit.places import importing
from plugwright.output import exclusive

_CONFIG = '[sdk]\npackage = "sdk"\nout = "out"\n'
_PROTO = 'syntax = "proto3";\npackage own.v1;\n// A message.\nmessage A { string name = 1; }\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a config, a proto and their freshly generated SDK."""
    (tmp_path / "plugwright.toml").write_text(_CONFIG)
    (tmp_path / "a.proto").write_text(_PROTO)
    assert command(["generate", "."], tmp_path).code == 0
    return tmp_path


def script(name: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"kit.generating.{name}", *arguments],
        env={**os.environ, "PYTHONPATH": importing(kit=True)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("scenario", ["first", "changed", "renamed"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_tree_is_old_or_new_wherever_writing_ends(
    kind: str, scenario: str, tmp_path: Path
) -> None:
    """What holds at once, and after the next run, is said in `interrupted`."""
    assert int(script("interrupted", kind, scenario, tmp_path)) > 50


_LIMITED = """
import resource, sys
from pathlib import Path
from kit.generating.interrupted import sdk
from plugwright.output import disk
from plugwright.problems import GenerationError
files = sdk("sdk", {"small.py": "x", "models/large.py": "x" * 10_000})
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, resource.RLIM_INFINITY))
try:
    disk.write(Path(sys.argv[1]), files, print)
except GenerationError as error:
    print(error)
"""


def test_a_file_for_which_there_is_no_room_leaves_all_as_it_was(
    project: Path, tmp_path: Path
) -> None:
    before = snapshot(tmp_path)
    for out in (project / "out", tmp_path / "not" / "there"):
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, out],
            env={**os.environ, "PYTHONPATH": importing(kit=True)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = "cannot be written: File too large; make room; nothing was changed"
        assert done.stdout.endswith(f"{out}/sdk/models/large.py: {said}\n")
        assert done.stderr == ""
        assert snapshot(tmp_path) == before


def test_48_processes_at_once_write_one_of_their_sdks(tmp_path: Path) -> None:
    assert script("crowd", "48", tmp_path) == "48 wrote\n"


def test_commands_at_once_leave_what_one_leaves(project: Path) -> None:
    fresh = command(["generate", "."], project).after
    (project / "a.proto").write_text(_PROTO.replace("message A", "// Changed.\nmessage A"))
    arguments = [sys.executable, "-m", "plugwright", "generate", "."]
    running = [
        subprocess.Popen(arguments, cwd=project, stdout=subprocess.DEVNULL) for _ in range(4)
    ]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    (project / "a.proto").write_text(_PROTO)
    assert command(["generate", "."], project).after == fresh


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def test_a_run_that_keeps_the_lock_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exclusive, "PATIENCE", 0.2)
    monkeypatch.setattr(exclusive, "_NOTICED", 0.0)
    (project / "a.proto").write_text(_PROTO.replace("message A", "// Changed.\nmessage A"))
    with _locked(project / "out"):
        outcome = command(["generate", "."], project)
        check = command(["generate", "--check", "."], project)
    assert outcome.code == 1
    waiting, refused = outcome.stderr.splitlines()
    assert waiting == "out: waiting for another run of plugwright that writes to it"
    assert refused.startswith("out: another run of plugwright has been writing to it")
    assert outcome.before == outcome.after
    assert (check.code, "missing" in check.stderr) == (1, False)
    assert command(["generate", "."], project).code == 0


# Prints the code of a command, and which ways to change or to lock something it took.
_WATCHED = """
import os, sys
temporary = os.environ["TMPDIR"]
def hook(event, arguments):
    if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return
    if event == "open" and isinstance(arguments[0], int):
        return  # open already
    if arguments and str(arguments[0]).startswith(temporary):
        return
    if event in {"open", "os.mkdir", "os.rename", "os.link", "fcntl.flock"}:
        seen.add(event)
seen = set()
from plugwright.commands import cli
sys.addaudithook(hook)
try:
    cli.main()
except SystemExit as end:
    print(end.code or 0, *sorted(seen), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("option", "said"), [([], "0 fcntl.flock"), (["--check"], "0")], ids=["", "check"]
)
def test_a_folder_that_cannot_be_written_is_good_enough_when_nothing_changes(
    project: Path, option: list[str], said: str
) -> None:
    temporary = project / "temporary"
    temporary.mkdir()
    arguments = ["-B", "-c", _WATCHED, "generate", ".", *option]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            "XDG_CACHE_HOME": str(temporary),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == f"{said}\n"
