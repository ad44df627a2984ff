"""Does a bundle run on a server that has nothing but Python?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.interop.mattermost_host import COOKIE, MattermostHost
from kit.interop.wheelhouse import fill
from kit.places import ROOT

EARLY = """\
import os, sys
print("x" * 100_000)
os.write(1, b"raw, before the SDK\\n")
from mattermost_plugin import HookName, Plugin, hook, run_plugin

class Early(Plugin):
    @hook(HookName.OnActivate)
    def on_activate(self) -> None:
        print("active, with", sys.argv)

if __name__ == "__main__":
    run_plugin(Early)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the example, bundled, and unpacked where nothing else is."""
    scratch = tmp_path_factory.mktemp("bundle")
    fill(scratch / "wheels")
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(scratch / "wheels")}
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "plugwright",
        "bundle",
        ROOT / "examples" / "hello",
    ]
    subprocess.run(command, cwd=scratch, env={**os.environ, **env}, check=True)
    (archive,) = scratch.glob("*.tar.gz")
    print(f"{archive.name}: {archive.stat().st_size / 2**20:.1f} MiB")
    with tarfile.open(archive) as members:
        members.extractall(scratch / "server plugins", filter="data")
    shutil.rmtree(scratch / "wheels")
    return scratch / "server plugins" / "com.example.hello"


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


def interpreter(folder: Path) -> str:
    """What the server runs a plugin with."""
    for name in ("venv", ".venv"):
        if (python := folder / name / "bin" / "python").exists():
            return str(python)
    return shutil.which("python3") or "python"


def start(host: MattermostHost, folder: Path, program: str, name: str) -> Any:
    """As the server does, with an environment in which only Python can be found."""
    base = Path(sys.base_prefix) / "bin"
    env = {
        "PATH": os.pathsep.join([str(base), "/usr/bin", "/bin"]),
        "MATTERMOST_PLUGIN_API_TARGET": host.api_address,
        "PIP_NO_INDEX": "1",
    }
    return host.request(
        "start",
        name=name,
        argv=[interpreter(folder), program],
        cwd=str(folder),
        cookie=COOKIE,
        env=env,
        clear_env=True,
    )


def test_a_bundle_runs_where_only_python_is(host: MattermostHost, installed: Path) -> None:
    assert interpreter(installed) == str(installed / "venv" / "bin" / "python")
    user = {"user": {"id": "u1", "username": "ada"}}
    host.request("api_set", answers={"GetUser": {"response": user}})
    for turn in ("first", "second"):
        started = start(host, installed, "plugin.py", turn)
        assert host.hook("OnActivate", target=turn)["code"] == "OK"
        args = {"args": {"command": "/hello", "user_id": "u1"}}
        answer = host.hook("ExecuteCommand", args, target=turn)
        assert answer["response"]["response"]["text"] == "Hello, ada!"
        (maps,) = loaded(started["pid"], "cygrpc")
        assert maps.startswith(str(installed))
        host.stop(turn)
        print(f"{turn} start of the bundle: {started['handshake_ms']:.0f} ms")


def loaded(pid: int, name: str) -> set[str]:
    """The files with `name` in their path that a process has mapped."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {line.split(maxsplit=5)[5] for line in lines if name in line}


def test_a_program_may_print_before_it_imports_the_sdk(
    host: MattermostHost, installed: Path
) -> None:
    (installed / "early.py").write_text(EARLY)
    start(host, installed, "early.py", "early")
    assert host.hook("OnActivate", target="early")["code"] == "OK"
    wanted = "active, with ['early.py']"
    text = host.request("stdio", name="early", contains=wanted)["text"]
    assert text.startswith("x" * 100_000)
    assert "raw, before the SDK\n" in text
    host.stop("early")
