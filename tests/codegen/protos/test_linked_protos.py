"""Which name does a proto have that is reached through a link, or by another way around?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kit.generating.failing import command

PROTO = 'syntax = "proto3"; package a; message M { string s = 1; }'
CONFIG = '[sdk]\npackage = "k"\nout = "../out"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`store` with a proto, and a `root` for links to it."""
    (tmp_path / "store").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "store/a.proto").write_text(PROTO)
    (tmp_path / "root/plugwright.toml").write_text(CONFIG)
    return tmp_path


def models(folder: Path, *words: str) -> list[str]:
    """Generate; the modules of models that come out."""
    if words:
        words = ("--package", "k", "--out", "out", *words)
    got = command(["generate", *(words or ["root"])], folder)
    assert (got.code, got.stderr) == (0, "")
    found = (folder / "out/k/models").glob("*.py")
    return sorted(p.stem for p in found if p.stem != "__init__")


@pytest.mark.parametrize(
    ("link", "target", "words", "module"),
    [
        ("root/a.proto", "../store/a.proto", ["-I", "root", "root/a.proto"], "a"),
        ("root/b.proto", "../store/a.proto", ["-I", "root", "root/b.proto"], "b"),
        ("root/x", "../store", ["-I", "root", "root/x/a.proto"], "x_a"),
        ("store/b.proto", "a.proto", ["-I", "store", "store/b.proto"], "b"),
        ("root/x", "../store", ["-I", "root/x", "store/a.proto"], "a"),
        ("other", "root", ["-I", ".", "other/../store/a.proto"], "store_a"),
        ("root/deep", "../store", ["-I", "store", "root/deep/../store/a.proto"], "a"),
    ],
)
def test_a_link_is_called_as_it_is_found(
    folder: Path, link: str, target: str, words: list[str], module: str
) -> None:
    (folder / link).symlink_to(target)
    assert models(folder, *words) == [module]


def test_an_absolute_path_below_a_relative_root(folder: Path) -> None:
    assert models(folder, "-I", ".", str(folder / "store/a.proto")) == ["store_a"]
    assert models(folder, "-I", str(folder), "store/a.proto") == ["store_a"]


def test_the_first_root_gives_the_name(folder: Path) -> None:
    words = ("store/a.proto", "-I")
    assert models(folder, *words, ".", "-I", "store") == ["store_a"]
    shutil.rmtree(folder / "out")  # with the surface, which would keep that name
    assert models(folder, *words, "store", "-I", ".") == ["a"]


def test_a_pattern_follows_links(folder: Path) -> None:
    (folder / "root/x").symlink_to("../store")
    assert models(folder) == ["x_a"]


def test_a_pattern_finds_a_file_once(folder: Path) -> None:
    """Under the name that is no link, whatever is declared first."""
    for name in ("a", "b", "z"):
        (folder / "root" / name).symlink_to("m")
    (folder / "root/m").mkdir()
    (folder / "root/m/loop").symlink_to("..")
    (folder / "root/m/gone").symlink_to("nowhere")
    (folder / "root/m/self").symlink_to("self")
    (folder / "root/m/c.proto").write_text(PROTO)
    (folder / "root/m/d.proto").symlink_to("c.proto")
    assert models(folder) == ["m_c"]


@pytest.mark.parametrize(
    ("pattern", "module"),
    [
        ("../*/*.proto", "store_a"),
        ("../store/**/*.proto", "store_a"),
        ("../**/[a].proto", "store_a"),
        ("../root/../store/a.proto", "store_a"),
    ],
)
def test_patterns_that_lead_out_of_the_folder(folder: Path, pattern: str, module: str) -> None:
    protos = f'[protos]\nfiles = ["{pattern}"]\npath = [".."]\n'
    (folder / "root/plugwright.toml").write_text(CONFIG + protos)
    assert models(folder) == [module]
