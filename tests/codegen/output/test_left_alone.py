"""What does a run leave alone, and in which order does it tell of what it finds?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kit.generating.failing import command
from plugwright.output import replacing
from plugwright.output.disk import check_apart
from plugwright.output.source import RECORD, SourceFile
from plugwright.problems import GenerationError

PROTO = 'syntax = "proto3"; package p; message M { string a = 1; }'


def generate(folder: Path, out: str = ".") -> Any:
    (folder / "a.proto").write_text(PROTO)
    return command(["generate", "--package", "sdk", "--out", out, "a.proto"], folder)


def test_a_run_that_fails_removes_the_folders_that_it_made_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", "x")

    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(replacing, "apply", refused)
    got = generate(tmp_path, "empty/new/newer")
    assert got.code == 1
    assert (tmp_path / "empty").is_dir()
    assert not (tmp_path / "empty" / "new").exists()


def test_modules_that_no_record_lists_are_told_in_order(tmp_path: Path) -> None:
    assert generate(tmp_path).code == 0
    package = tmp_path / "sdk"
    (package / RECORD).unlink()
    generated = (package / "models" / "a.py").read_text()
    names = [f"{letter}/left.py" for letter in "qwertyuiopasdfghjkl"]
    for name in (*names, "q/left.txt"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text(generated)
    got = generate(tmp_path)
    assert got.code == 0
    said = got.stdout + got.stderr
    told = [line.partition(": ")[0] for line in said.splitlines() if "no record lists it" in line]
    assert told == [f"sdk/{name}" for name in sorted(names)]


def test_of_files_that_two_sdks_write_the_first_is_named(tmp_path: Path) -> None:
    files = [SourceFile(f"sdk/{number:03}.py", "") for number in range(200)]
    with pytest.raises(GenerationError, match=r"sdk/000\.py: two SDKs of this run write it"):
        check_apart([(tmp_path, files), (tmp_path, files[::-1])])
