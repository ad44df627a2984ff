"""How is a plugin made and packed for a test? With wheels made here: nothing is downloaded."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from plugwright.bundle import build as bundle
from plugwright.bundle.contents import Choice
from plugwright.problems import GenerationError

MANIFEST: dict[str, Any] = {
    "id": "com.example.one",
    "name": "One",
    "version": "1.2.3",
    "server": {"executable": "plugin.py"},
}


def wheel(folder: Path, name: str, files: dict[str, str]) -> None:
    """A wheel of version 1.0 with these files."""
    info = f"{name}-1.0.dist-info"
    tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    record = f"{info}/RECORD"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        content = {**files, f"{info}/METADATA": meta, f"{info}/WHEEL": tag}
        for path, text in content.items():
            file.writestr(path, text)
        file.writestr(record, "".join(f"{path},,\n" for path in [*content, record]))


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def make(folder: Path, out: Path, *exclude: str) -> Path:
    choice = Choice(exclude)
    return bundle.make(folder, out, choice, bundle.Target(), lambda text: None).path


def refusal(folder: Path) -> list[str]:
    """What `bundle` has against a plugin, a line for each problem, without the folder."""
    with pytest.raises(GenerationError) as refused:
        make(folder, folder.parent / "never.tar.gz")
    assert not (folder.parent / "never.tar.gz").exists()
    return str(refused.value).replace(f"{folder}/", "").splitlines()


def members(path: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(path) as archive:
        return {member.name: member for member in archive}


def own(path: Path) -> set[str]:
    """The files of an archive that come from the plugin's folder, without their bytecode."""
    top = "com.example.one/"
    names = {name.removeprefix(top) for name, m in members(path).items() if m.isfile()}
    return {n for n in names if not n.startswith("venv/") and "__pycache__" not in n}
