"""Does a program that uses an SDK run when a tool has packed it?"""

from __future__ import annotations

import modulefinder
import os
import shutil
import subprocess
import sys
import zipapp
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.generating.failing import command
from kit.generating.packages import RUNTIME

GENERATED = RUNTIME.parent / "generated"
# What a program imports itself, where it uses it; some of it through the test kit.
IMPORTED_BY_USERS = ("extras.app_", "extras.server_rules", "extras.testing", "host", "testing")
PROTO = """syntax = "proto3";
package t;
import "google/protobuf/timestamp.proto";
message M { string s = 1; E e = 2; google.protobuf.Timestamp at = 3; }
enum E { Z = 0; }
service S { rpc A(M) returns (M); }
"""
CONFIG = """[sdk]
package = "sdk"
out = "app"
extras = "extras"
[sdk.exports]
loud = "deep.loud"
"""
LOUD = """
from sdk.models import M
def loud(m: M) -> str:
    return m.s.upper()
"""
APP = """
import sdk
from plugwright_runtime import codec
data = codec.encode(sdk.models.M(s="frozen"))
print(codec.decode(sdk.models.M, data).s, sdk.registry.enum("t.E")(0).name)
print(sdk.loud(sdk.models.M(s="by hand")))
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of a program and its SDK."""
    (tmp_path / "t.proto").write_text(PROTO)
    (tmp_path / "plugwright.toml").write_text(CONFIG)
    (tmp_path / "extras" / "deep").mkdir(parents=True)
    for folder in ("extras", "extras/deep"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "extras/deep/loud.py").write_text(LOUD)
    assert command(["generate", "."], tmp_path).code == 0
    (tmp_path / "app/app.py").write_text(APP)
    return tmp_path / "app"


@pytest.mark.timeout(600)  # a quarter of a minute where nothing else runs
def test_a_program_of_pyinstaller_runs_out_of_the_box(app: Path) -> None:
    freeze = ["PyInstaller", "--onedir", "--log-level", "ERROR", f"--paths={RUNTIME}"]
    # Nothing of these is used, and looking through them takes most of the time.
    excluded = ["cryptography", "setuptools", "pkg_resources", "numpy", "tkinter"]
    words = [*freeze, *(f"--exclude-module={m}" for m in excluded), "app.py"]
    subprocess.run([sys.executable, "-m", *words], cwd=app, check=True)
    done = subprocess.run(
        [app / "dist/app/app"], cwd="/", capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("frozen Z\nBY HAND\n", "")


def test_a_program_in_a_zip_file_runs(app: Path) -> None:
    (app / "app.py").rename(app / "__main__.py")
    (app / "plugwright_runtime").symlink_to(RUNTIME / "plugwright_runtime")
    installed = shutil.copytree(app, app.parent / "installed")  # zipapp passes over links
    zipapp.create_archive(installed, app.parent / "app.pyz")
    done = subprocess.run(
        [sys.executable, "-I", app.parent / "app.pyz"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("frozen Z\nBY HAND\n", "")


def _files(folder: Path) -> Iterator[Path]:
    """The modules below `folder`, also where a link leads."""
    for parent, _, names in os.walk(folder, followlinks=True):
        yield from (Path(parent, name) for name in names if name.endswith(".py"))


@pytest.mark.parametrize(
    "package",
    ["mattermost_plugin", "clapshot_organizer", "openrun_plugin"],
)
def test_tools_see_every_module_that_is_found_by_name(package: str, tmp_path: Path) -> None:
    """Imports as a tool reads them, in code that never runs too, reach the whole SDK."""
    root = GENERATED / package.partition("_")[0]
    program = tmp_path / "program.py"
    program.write_text(f"import {package}")
    (tmp_path / "logging.py").touch()  # what it misses once it seeks nowhere else
    finder = modulefinder.ModuleFinder([str(root), str(RUNTIME), str(tmp_path)])
    finder.run_script(str(program))
    written = {
        ".".join(p.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for p in _files(root / package)
    }
    missing = {n.partition(".")[2] for n in written - finder.modules.keys()}
    assert {n for n in missing if not n.startswith(IMPORTED_BY_USERS)} == set()
