"""What does the command say where an SDK alone is installed, and what does the SDK ask for?"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from kit.generating.failing import command
from kit.generating.packages import RUNTIME
from plugwright_runtime.errors import LaunchError
from plugwright_runtime.styles.goplugin import certificate

PROTO = """syntax = "proto3";
package t;
message M { string s = 1; }
service S { rpc A(M) returns (M); }
"""
CONFIG = """
[sdk]
package = "sdk"
out = "."
[launch]
service = "S"
"""
GO_PLUGIN = CONFIG + 'style = "go-plugin"\ncookie-key = "K"\ncookie-value = "v"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages in which only this distribution is."""
    codegen = RUNTIME.parent / "codegen"
    (tmp_path / "plugwright").symlink_to(codegen / "plugwright")
    (tmp_path / "plugwright_runtime").symlink_to(RUNTIME / "plugwright_runtime")
    return tmp_path


@pytest.mark.parametrize(
    ("entry", "words", "missing"),
    [
        ("plugwright", ["generate"], "jinja2, typer"),
        ("plugwright", ["bundle", "."], "jinja2, typer"),
        ("plugwright", ["--help"], "jinja2, typer"),
        ("protoc-gen-plugwright", [], "jinja2"),
    ],
)
def test_the_command_says_what_to_install(
    site: Path, entry: str, words: list[str], missing: str
) -> None:
    project = tomllib.loads((RUNTIME.parent / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"][entry].partition(":")
    program = f"import sys; from {module} import {function}; sys.exit({function}())"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, *words],
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{entry} needs {missing}, which SDKs do without; ")
    extra = re.search(r"plugwright\[(\w+)\]", done.stderr)
    assert extra is not None
    assert extra[1] in project["optional-dependencies"]


def test_protoc_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.proto").write_text(PROTO)
    monkeypatch.setitem(sys.modules, "grpc_tools._protoc_compiler", None)
    got = command(["generate", "--package", "k", "--out", "o", "a.proto"], tmp_path)
    assert got.code == 1
    assert got.stderr.startswith("protoc: needs grpcio-tools: pip install ")


def project(folder: Path, config: str) -> dict[str, Any]:
    (folder / "a.proto").write_text(PROTO)
    (folder / "plugwright.toml").write_text(config)
    got = command(["generate", "plugwright.toml"], folder)
    assert (got.code, got.stderr) == (0, "")
    found: dict[str, Any] = tomllib.loads(got.after["pyproject.toml"].decode())
    return found["project"]


def test_an_sdk_has_the_extra_that_its_error_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(LaunchError) as caught:
        certificate.require("x509")
    monkeypatch.undo()
    extra = re.search(r"with the extra '(\w+)'", str(caught.value))
    assert extra is not None
    made = project(tmp_path, GO_PLUGIN)
    assert made["optional-dependencies"] == {extra[1]: ["plugwright[mtls]"]}
    assert not made["dependencies"][0].startswith("plugwright[")


def test_an_sdk_that_always_needs_it_depends_on_it(tmp_path: Path) -> None:
    made = project(tmp_path, GO_PLUGIN + 'auto-mtls = "require"\n')
    assert made["dependencies"][0].startswith("plugwright[mtls]>=")
    assert "mtls" in made["optional-dependencies"]


@pytest.mark.parametrize(
    "config",
    [GO_PLUGIN + 'auto-mtls = "never"\n', CONFIG + 'style = "port-on-stdout"\n'],
)
def test_an_sdk_that_never_needs_it_does_not_speak_of_it(tmp_path: Path, config: str) -> None:
    assert "mtls" not in str(project(tmp_path, config))
