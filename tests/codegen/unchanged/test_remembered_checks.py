"""Does a check that was remembered as clean notice whatever changes, and look again?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.generating.failing import command
from plugwright import generation
from plugwright.unchanged import generator, memory

FILES = {
    "proto/a/plugwright.toml": """\
[sdk]
package = "sdk"
out = "../../out"
extras = "extras"
guide = "guide.md"
[protos]
files = ["**/*.proto"]
path = [".", "../shared"]
""",
    "proto/a/a.proto": 'syntax = "proto3"; package a; import "b.proto"; message M { B b = 1; }',
    "proto/shared/b.proto": 'syntax = "proto3"; package a; message B { string s = 1; }',
    "proto/a/extras/__init__.py": "",
    "proto/a/inner/inner.proto": 'syntax = "proto3"; package a.inner; message I {}',
    "proto/a/guide.md": "Read this.\n",
}
Edit = Callable[[Path], object]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose default check has found nothing, which is remembered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # As if all had been written long before the check.
    monkeypatch.setattr(memory, "_changed_at", lambda kind, path: 0)
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert command(["generate"], root).code == 0
    assert command(["generate", "--check"], root).code == 0
    assert is_remembered(root)
    return root


def is_remembered(root: Path, *configs: str) -> bool:
    here = Path.cwd()
    os.chdir(root)
    try:
        return memory.holds(configs)
    finally:
        os.chdir(here)


def test_what_is_remembered_is_not_generated_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "make", None)
    outcome = command(["generate", "--check"], project)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")


def text(name: str, new: str) -> Edit:
    return lambda root: (root / name).write_text(new)


def more(name: str, line: str) -> Edit:
    def edit(root: Path) -> None:
        with (root / name).open("a") as file:
            file.write(line)

    return edit


def relink(root: Path) -> None:
    (root / "out/sdk/extras").unlink()
    (root / "out/sdk/extras").symlink_to("../../proto")


EDITS: dict[str, Edit] = {
    "the config": more("proto/a/plugwright.toml", "nesting = 99\n"),
    "a proto": more("proto/a/a.proto", " message N {}"),
    "an import": more("proto/shared/b.proto", " message N {}"),
    "an import that hides another": text("proto/a/b.proto", FILES["proto/shared/b.proto"] + " "),
    "a proto deleted": lambda root: (root / "proto/a/inner/inner.proto").unlink(),
    "a proto added": text("proto/a/inner/c.proto", 'syntax = "proto3"; message C {}'),
    "a folder with a proto": lambda root: (
        (root / "proto/a/new").mkdir(),
        text("proto/a/new/c.proto", 'syntax = "proto3"; message C {}')(root),
    ),
    "the guide": more("proto/a/guide.md", "And that.\n"),
    "a hand-written module": more("proto/a/extras/__init__.py", "x = 1\n"),
    "a hand-written module added": text("proto/a/extras/more.py", "x = 1\n"),
    "an output": more("out/sdk/models/a.py", "\n"),
    "an output deleted": lambda root: (root / "out/sdk/models/a.py").unlink(),
    "the README": more("out/README.md", "\n"),
    "the record": more("out/sdk/plugwright.sha256", "\n"),
    "the record deleted": lambda root: (root / "out/sdk/plugwright.sha256").unlink(),
    "another package there": lambda root: (
        (root / "out/old").mkdir(),
        text("out/old/plugwright.sha256", "")(root),
    ),
    "the link": relink,
    "the link deleted": lambda root: (root / "out/sdk/extras").unlink(),
    "another config": lambda root: (
        (root / "proto/b").mkdir(),
        text("proto/b/plugwright.toml", '[sdk]\npackage = "b"\n')(root),
    ),
    "a config of the whole": text("plugwright.toml", '[sdk]\npackage = "b"\n'),
    "another config beside the import": text("proto/shared/plugwright.toml", ""),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_input_and_output_counts(project: Path, edit: Edit) -> None:
    edit(project)
    assert not is_remembered(project)


@pytest.mark.parametrize("kept", ["plan/__init__.py", "output/render.py"])
def test_the_code_of_the_generator_counts(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: str
) -> None:
    own = generator.identity()
    assert own is not None
    [path] = [p for p in own if p.endswith(f"plugwright/{kept}")]
    other = tmp_path / "other.py"
    other.write_bytes(Path(path).read_bytes() + b"\n")
    changed = [str(other) if p == path else p for p in own]
    monkeypatch.setattr(generator, "identity", lambda: changed)
    assert not is_remembered(project)


def test_templates_and_the_runtime_are_part_of_the_generator() -> None:
    own = generator.identity() or []
    assert any(p.endswith("templates/client.py.j2") for p in own)
    assert any(p.endswith("plugwright_runtime/__init__.py") for p in own)


@pytest.mark.parametrize("library", ["grpcio_tools", "protobuf", "jinja2", "markupsafe"])
def test_the_version_of_a_library_counts(tmp_path: Path, library: str) -> None:
    own = generator.identity()
    assert own is not None
    assert [fact for fact in own if fact.lower().startswith(f" {library}-")]


def test_the_version_of_python_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", f"{sys.version}+")
    assert not is_remembered(project)


def test_a_library_of_which_nothing_is_known_is_not_trusted(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jinja2").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert generator.identity() is None
    assert not is_remembered(project)
    assert command(["generate", "--check"], project).code == 0


def test_what_changes_while_it_is_checked_is_not_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = os.environ["XDG_CACHE_HOME"]
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    entry = memory.file(project / "proto/a/a.proto")
    changed = (project / "proto/a/a.proto").stat().st_mtime_ns
    memory.note(["x"], [entry], changed)
    assert not memory.holds(["x"])
    memory.note(["x"], [entry], changed + 10**10)
    assert memory.holds(["x"])


def test_each_folder_has_its_own_default(project: Path, tmp_path: Path) -> None:
    assert not is_remembered(tmp_path)


def test_a_broken_memory_is_none(project: Path, tmp_path: Path) -> None:
    [path] = (tmp_path / "cache/plugwright/unchanged").iterdir()
    path.write_bytes(b"\xff\x00\nX")
    assert not is_remembered(project)
    assert command(["generate", "--check"], project).code == 0


def test_no_more_than_some_checks_are_remembered(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_MOST", 3)
    for number in range(5):
        memory.note([str(number)], [memory.file(project / "proto/a/a.proto")], 1)
    assert len(list((tmp_path / "cache/plugwright/unchanged").iterdir())) == 3
