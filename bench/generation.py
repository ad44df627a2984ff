"""What does generating cost, beside protoc and beside the other generators?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import measure
from measure import Result

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PROTOS = ROOT / "proto" / "mattermost"


def results(scratch: Path) -> Iterator[Result]:
    yield from _mattermost(scratch)
    yield _unchanged(scratch)
    yield from _scaling(scratch)
    yield from _huge(scratch)


def _protoc(protos: Path, out: Path, *plugins: str) -> list[str | Path]:
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(protos.rglob("*.proto"))
    outputs = plugins or ("python", "pyi", "grpc_python")
    return [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        f"-I{protos}",
        *(f"--{p}_out={out}" for p in outputs),
        *files,
    ]


def _mattermost(scratch: Path) -> Iterator[Result]:
    floor = _protoc(PROTOS, scratch / "protoc")
    copy = scratch / "mattermost"
    shutil.copytree(PROTOS, copy)
    config = (copy / "plugwright.toml").read_text()
    (copy / "plugwright.toml").write_text(config.replace("../../generated/mattermost", "../fresh"))
    fresh = f"rm -rf {scratch}/fresh && exec {BIN}/plugwright generate {copy}"
    subjects: dict[str, list[str | Path]] = {
        "generate the Mattermost SDK, all files anew": ["sh", "-c", fresh],
        "--check, nothing changed": [BIN / "plugwright", "generate", "--check", PROTOS],
    }
    for tool, plugin in (
        ("betterproto2", "python_betterproto2"),
        ("mypy-protobuf", "mypy"),
    ):
        if shutil.which(f"protoc-gen-{plugin}", path=str(BIN)):
            command = _protoc(PROTOS, scratch / tool, plugin)
            command.insert(4, f"--plugin=protoc-gen-{plugin}={BIN / f'protoc-gen-{plugin}'}")
            subjects[f"for comparison: {tool}"] = command
    measured = measure.commands(subjects, floor)
    for name, (ratio, run) in measured.items():
        target = None if name.startswith("for comparison") else 2.5
        note = f"{run.wall:.2f} s, {run.peak:.0f} MiB"
        yield Result(name, "protoc python+pyi+grpc", ratio, target, note)


def _unchanged(scratch: Path) -> Result:
    """A check of all configs that finds nothing, as the one before it did."""
    for name in ("proto", "generated"):
        shutil.copytree(ROOT / name, scratch / "all" / name, symlinks=True)
    systems = sorted(path.parent for path in (scratch / "all/proto").glob("*/plugwright.toml"))
    compile_all = [
        f"{sys.executable} -m grpc_tools.protoc -I{folder} --descriptor_set_out={scratch}/set "
        f"{folder}/*.proto"
        for folder in systems
    ]
    here = f"cd {scratch}/all && export XDG_CACHE_HOME={scratch}/cache && "
    check = ["sh", "-c", f"{here}exec {BIN}/plugwright generate --check"]
    floor = ["sh", "-c", " && ".join(compile_all)]
    ratio, run = measure.commands({"check": check}, floor, 9)["check"]
    note = f"{run.wall * 1e3:.0f} ms"
    return Result("--check of all SDKs, remembered", "protoc alone", ratio, 0.5, note)


def _synthetic(scratch: Path, scale: int) -> Path:
    out = scratch / f"synthetic{scale}"
    script = Path(__file__).with_name("synthetic.py")
    subprocess.run(
        [sys.executable, script, out, "--scale", str(scale)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return out


def _zero_config(protos: Path, out: Path) -> list[str | Path]:
    files = sorted(protos.rglob("*.proto"))
    return [
        BIN / "plugwright",
        "generate",
        "--package",
        "sdk",
        "--out",
        out,
        f"-I{protos}",
        *files,
    ]


def _scaling(scratch: Path) -> Iterator[Result]:
    one, eight = _synthetic(scratch, 1), _synthetic(scratch, 8)
    floor = _zero_config(one, scratch / "sdk1")
    subject = _zero_config(eight, scratch / "sdk8")
    ratio, run = measure.commands({"8": subject}, floor, 3)["8"]
    note = f"{run.wall:.1f} s, {run.peak:.0f} MiB"
    yield Result("8 times the protos", "the same at 1 times", ratio, 8.0, note)
    small = measure.run(floor)
    note = f"{small.peak:.0f} and {run.peak:.0f} MiB"
    memory = run.peak / small.peak
    yield Result("8 times the protos: memory", "the same at 1 times", memory, 4.0, note)


def _huge(scratch: Path) -> Iterator[Result]:
    folder = scratch / "huge"
    folder.mkdir()
    (folder / "huge.proto").write_text(huge_proto(2000, 44))
    floor = _protoc(folder, scratch / "huge_protoc")
    subject = _zero_config(folder, scratch / "huge_sdk")
    ratio, run = measure.commands({"huge": subject}, floor, 3)["huge"]
    note = f"{run.wall:.1f} s, {run.peak:.0f} MiB"
    yield Result("one file of 2,000 messages", "protoc python+pyi+grpc", ratio, 3.0, note)


def huge_proto(messages: int, fields: int) -> str:
    """One file with `messages` messages of `fields` commented fields, about 96,000 lines."""
    lines = ['syntax = "proto3";', "package huge.v1;", ""]
    for i in range(messages):
        lines += [f"// Message number {i}.", f"message M{i} {{"]
        for k in range(fields // 2):
            lines += [
                f"  // Field number {k} of message {i}.",
                f"  string f{k} = {k + 1};",
            ]
        lines += ["}", ""]
    return "\n".join(lines)
