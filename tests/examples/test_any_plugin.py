"""Does what docs/any-plugin.md shows work as it stands there, under a host?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from kit.goplugin.hosted import generate, hosted
from kit.places import ROOT

TEXT = (ROOT / "docs" / "any-plugin.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("any")
    (folder / "kv.proto").write_text(blocks("proto")[0])
    (folder / "plugwright.toml").write_text(blocks("toml")[0])
    return generate(folder) / "sdk"


def test_the_plugin_works_under_its_host(sdk: Path, tmp_path: Path) -> None:
    with hosted(sdk, tmp_path, blocks("python")[0], BASIC_PLUGIN="hello") as plugin:
        assert plugin.call("/kv.KV/Put", b"\n\x01a\x12\x011") == b""
        assert plugin.call("/kv.KV/Get", b"\n\x01a") == b"\n\x011"
        with pytest.raises(grpc.RpcError, match="there is no b"):
            plugin.call("/kv.KV/Get", b"\n\x01b")


@pytest.mark.parametrize("checked", [False, True], ids=["runs", "is typed"])
def test_its_test(sdk: Path, tmp_path: Path, checked: bool) -> None:
    program, test = blocks("python")
    (tmp_path / "test_it.py").write_text(f"{program.partition('if __name__')[0]}\n{test}")
    paths = f"{sdk}:{ROOT}/runtime"
    words = ["mypy", "--strict"] if checked else ["pytest", "-c", os.devnull, "--rootdir", "."]
    done = subprocess.run(
        [sys.executable, "-m", *words, "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "MYPYPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("number", [1, 2])
def test_the_other_ways_to_be_started_generate(tmp_path: Path, number: int) -> None:
    proto = blocks("proto")[0].replace("service KV", "service ResourceProvider")
    (tmp_path / "kv.proto").write_text(proto)
    config = '[sdk]\npackage = "kv_sdk"\n' + blocks("toml")[number]
    (tmp_path / "plugwright.toml").write_text(config)
    assert (generate(tmp_path) / "kv_sdk" / "testing.py").exists()
