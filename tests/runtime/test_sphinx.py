"""Does Sphinx show the comments of protos as they stand, without a warning?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kit.generating.cases import GOOD, PACKAGE
from kit.generating.packages import modules, write_package
from kit.places import ROOT

_CONF = """
import sys
sys.path[:0] = {path}
extensions = ["sphinx.ext.autodoc", {more} "plugwright_runtime.sphinx"]
"""


def _documented(package: Path) -> list[str]:
    """The modules with docstrings of users' interest, none of which exports what another has."""
    names = [name.split(".") for name in modules(package)]
    parts = ("models", "clients", "servicers")
    found = [n for n in names if n[1:2] and n[1] in parts and len(n) > 2]
    leaves = {".".join(n) for n in found} - {".".join(n[:-1]) for n in found}
    return sorted(leaves)


def _build(names: list[str], path: list[Path], folder: Path, more: str = "") -> str:
    """The text that Sphinx makes of these modules, on whose warnings it fails."""
    source = folder / "source"
    source.mkdir()
    config = _CONF.format(path=[str(p) for p in path], more=more)
    (source / "conf.py").write_text(config)
    parts = [f".. automodule:: {n}\n   :members:\n   :undoc-members:\n" for n in names]
    (source / "index.rst").write_text("\n".join(["API\n===\n", *parts]))
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "text"]
    done = subprocess.run(
        [*command, str(source), str(folder / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return (folder / "out" / "index.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("more", ["", "'sphinx.ext.napoleon',"])
def test_hostile_comments(more: str, tmp_path: Path) -> None:
    for case in GOOD:
        if case.name in ("comments", "unicode"):
            write_package(case.generate(), PACKAGE, tmp_path, case.name)
    names = [n for p in ("comments", "unicode") for n in _documented(tmp_path / p)]
    text = _build(names, [tmp_path], tmp_path, more)
    assert "`a` and ``b`` and *c*_." in text
    assert "{{ 7 * 7 }} {% raw %} {# no #}" in " ".join(text.split())
    assert '            code = "indented"\n' in text


def test_comments_of_a_real_api(tmp_path: Path) -> None:
    root = ROOT / "generated" / "mattermost"
    names = _documented(root / "mattermost_plugin")
    chosen = [n for n in names if n.endswith((".users", ".plugin_hooks", ".channel"))]
    assert len(chosen) > 2
    assert "Args:" in _build(chosen, [root], tmp_path)
