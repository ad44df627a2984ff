"""What does a plugin process pay to start, and a type checker to look at the SDK?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import measure
from generation import BIN, PROTOS, ROOT
from measure import Result

SDK = ROOT / "generated" / "mattermost"
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
    paths = {"PYTHONPATH": f"{scratch / 'pb2'}:{SDK}:{ROOT / 'runtime'}"}
    subjects = {"one": _python(_ONE), "all": _python(_ALL)}
    for label, env in (
        ("", paths),
        (", no .pyc", paths | {"PYTHONDONTWRITEBYTECODE": "1"}),
    ):
        measured = measure.commands(subjects, floor, 9, env)
        for name, target in (("one", 1.0), ("all", 1.35)):
            area = {
                "one": "start, one model used",
                "all": "start, every model and converter",
            }[name]
            ratio, run = measured[name]
            note = f"{run.wall * 1e3:.0f} ms, {run.peak:.0f} MiB"
            yield Result(
                area + label, "grpc.aio + the pb2 modules", ratio, target, note
            )
    yield _mypy(scratch)


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
    one_line = scratch / "one_line.py"
    one_line.write_text("x: int = 1\n")
    base: list[str | Path] = [BIN / "mypy", "--strict", "--cache-dir=/dev/null"]
    config: list[str | Path] = ["--config-file", ROOT / "pyproject.toml"]
    subject = [*base, *config, SDK / "mattermost_plugin"]
    ratio, run = measure.commands({"sdk": subject}, [*base, *config, one_line], 3)[
        "sdk"
    ]
    note = f"{run.wall:.1f} s, {run.peak:.0f} MiB"
    return Result("mypy --strict, cold, the SDK", "a one-line file", ratio, 4.0, note)
