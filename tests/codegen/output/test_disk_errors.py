"""What does a run say of a disk that it cannot write, and of a line that was changed by hand?"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from kit.generating.failing import command
from plugwright.generation import Sources, render, zero_config
from plugwright.output import replacing
from plugwright.output.disk import compare, write

PROTO = 'syntax = "proto3"; package p; message M { string a = 1; }'


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EFBIG, "make room"),
        (errno.EACCES, "check the path and its permissions"),
        (errno.EROFS, "check the path and its permissions"),
    ],
)
def test_what_helps_against_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def refused(*_: Any) -> None:
        raise OSError(number, os.strerror(number), "sdk/models.py")

    (tmp_path / "a.proto").write_text(PROTO)
    monkeypatch.setattr(replacing, "apply", refused)
    got = command(["generate", "--package", "sdk", "--out", ".", "a.proto"], tmp_path)
    assert (got.code, got.stderr) == (
        1,
        f"sdk/models.py: cannot be written: {os.strerror(number)}; {advice}; nothing was changed\n",
    )


def test_a_line_changed_by_hand_is_one_line_of_the_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.proto").write_text(PROTO)
    job = zero_config("sdk", Path("out"), Sources((Path("a.proto"),), (Path(),)))
    files = render(job, lambda text: None)
    write(Path("out"), files, lambda text: None)
    assert list(compare(Path("out"), files)) == []
    edited = next(Path("out").rglob("models/a.py"))
    edited.write_text(edited.read_text() + "# mine\n")
    [found] = compare(Path("out"), files)
    assert found.kind == "edited"
    lines = found.diff.splitlines()
    assert lines[0] == f"--- {edited} (on disk)"
    assert lines[1] == f"+++ {edited} (generated)"
    assert [line for line in lines[2:] if line[0] in "-+"] == ["-# mine"]
