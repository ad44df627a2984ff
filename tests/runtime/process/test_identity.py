"""Which id and folder does a plugin have whose host names neither?"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from plugwright_runtime.process.identity import IdentitySources, identity

SOURCES = IdentitySources("ID", "FOLDER", "plugin.json")
UNNAMED = IdentitySources("ID", "FOLDER")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugin.json").write_text('{"id": "com.example.mine", "name": "Mine"}')
    return tmp_path


def test_the_manifest_and_the_working_directory_say_it(folder: Path) -> None:
    assert identity(SOURCES, {}) == ("com.example.mine", str(folder))
    # Empty is how some hosts unset a variable.
    assert identity(SOURCES, {"ID": "", "FOLDER": ""}) == identity(SOURCES, {})


def test_what_the_environment_says_wins(folder: Path) -> None:
    assert identity(SOURCES, {"ID": "other"}) == ("other", str(folder))
    assert identity(SOURCES, {"FOLDER": "/there"}) == ("com.example.mine", "/there")
    assert identity(SOURCES, {"ID": "a", "FOLDER": "/b"}) == ("a", "/b")


def test_a_system_without_manifests_looks_for_none(folder: Path) -> None:
    assert identity(UNNAMED, {}) == ("", "")
    assert identity(UNNAMED, {"ID": "a"}) == ("a", "")


def test_no_manifest_is_no_fault(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "plugin.json").unlink()
    assert identity(SOURCES, {}) == ("", str(folder))
    assert caplog.records == []


BROKEN = {
    "not JSON": (b"{", "Expecting property name"),
    "no text": (b"\xff\xfe\x00", "decode"),
    "no object": (b'["com.example"]', "must be a JSON object, not list"),
    "no id": (b'{"name": "Mine"}', "`id` is missing"),
    "an empty id": (b'{"id": ""}', "`id` must be a text, not ''"),
    "another type": (b'{"id": 7}', "`id` must be a text, not 7"),
    "a number of 5000 digits": (b'{"id": %s}' % (b"7" * 5000), "digits"),
    "nested without end": (b'{"id": ' + b"[" * 100_000, "JSON"),
    "huge": (b'{"id": "a"}' + b" " * (1 << 20), "larger than"),
}


@pytest.mark.parametrize(("content", "text"), BROKEN.values(), ids=BROKEN)
def test_a_broken_manifest_is_a_warning_that_names_it(
    content: bytes, text: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = folder / "plugin.json"
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING, "plugwright.process"):
        assert identity(SOURCES, {}) == ("", str(folder))
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{file} gives the plugin no id: ")
    assert text in record.getMessage()
    assert record.exc_info is None
    assert len(record.getMessage()) < 400


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_not_waited_for(
    kind: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = folder / "plugin.json"
    file.unlink()
    make = {"folder": os.mkdir, "pipe": os.mkfifo, "loop": lambda p: os.symlink(p, p)}
    make[kind](file)
    with caplog.at_level(logging.WARNING, "plugwright.process"):
        assert identity(SOURCES, {})[0] == ""
    (record,) = caplog.records
    assert str(file) in record.getMessage()


def test_a_folder_that_was_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", gone)
    (folder / "plugin.json").unlink()
    assert identity(SOURCES, {}) == ("", "")
