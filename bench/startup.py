"""What does a plugin process pay to start, and a type checker to look at the SDK?"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import measure
from generation import BIN, PROTOS, ROOT
from measure import Result

SDK = ROOT / "generated" / "mattermost"
RUNTIME = ROOT / "runtime" / "plugwright_runtime"
_ONE = """
import grpc.aio
from mattermost_plugin import HookName, Plugin, hook, models
from plugwright_runtime import codec
codec.encode(models.User(id="u"))
"""
_ALL = """
import grpc.aio
from mattermost_plugin import HookName, Plugin, hook, registry
for name in registry.messages():
    registry.message(name)
"""


def results(scratch: Path) -> Iterator[Result]:
    pb2 = _pb2(scratch)
    floor = _python("import grpc.aio\n" + "".join(f"import {m}\n" for m in pb2))
    subjects = {"one": _python(_ONE), "all": _python(_ALL)}
    folders = [scratch / "pb2", *_copies(scratch, SDK, ROOT / "runtime")]
    compiled = {"PYTHONPATH": ":".join(str(f) for f in folders)}
    # In this order: the second writes the bytecode that the first does without.
    for label, env in (
        (", no .pyc", compiled | {"PYTHONDONTWRITEBYTECODE": "1"}),
        ("", compiled),
    ):
        measured = measure.commands(subjects, floor, 9, env)
        for name, target in (("one", 1.0), ("all", 1.35)):
            ratio, run = measured[name]
            area = _AREAS[name] + label
            note = f"{run.wall * 1e3:.0f} ms, {run.peak:.0f} MiB"
            # The targets are those of installed packages, which have their bytecode.
            goal = None if label else target
            yield Result(area, "grpc.aio + the pb2 modules", ratio, goal, note)
    yield _mypy(scratch)


_AREAS = {"one": "start, one model used", "all": "start, every model and converter"}


def _copies(scratch: Path, *folders: Path) -> Iterator[Path]:
    """The folders without the bytecode that is beside them."""
    for folder in folders:
        copy = scratch / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
        yield copy


def _python(code: str) -> list[str | Path]:
    return [sys.executable, "-c", code]


def _pb2(scratch: Path) -> list[str]:
    out = scratch / "pb2"
    out.mkdir()
    files = sorted(PROTOS.glob("*.proto"))
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        f"-I{PROTOS}",
        f"--python_out={out}",
    ]
    subprocess.run([*command, *files], check=True)
    return [f"{f.stem}_pb2" for f in files]


def _mypy(scratch: Path) -> Result:
    """As a plugin author has it: the runtime is installed, the SDK is checked."""
    one_line = scratch / "one_line.py"
    one_line.write_text("x: int = 1\n")
    venv = scratch / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (installed,) = venv.glob("lib/python*/site-packages")
    shutil.copytree(RUNTIME, installed / RUNTIME.name)
    (installed / "rest.pth").write_text(sysconfig.get_path("purelib"))
    config = scratch / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n[mypy-grpc.*]\nignore_errors = true\n")
    base: list[str | Path] = [BIN / "mypy", "--cache-dir=/dev/null"]
    base += ["--config-file", config, "--python-executable", venv / "bin" / "python"]
    subject = [*base, SDK / "mattermost_plugin"]
    measured = measure.commands({"sdk": subject}, [*base, one_line], 3)
    ratio, run = measured["sdk"]
    note = f"{run.wall:.1f} s, {run.peak:.0f} MiB"
    return Result("mypy --strict, cold, the SDK", "a one-line file", ratio, 4.0, note)
