"""Is the output the same on every machine? Hash seeds and the order of inputs must not show."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

from google.protobuf import descriptor_pb2
from kit.places import ROOT
from plugwright.generation import Sources, render, zero_config
from plugwright.protos import protoc

PROTOS = ROOT / "proto" / "mattermost"


def _quiet(text: str) -> None:
    del text


def _digest(folder: Path) -> str:
    """One hash over the paths and the bytes of all files below a folder."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _generate(out: Path, files: list[Path], seed: str) -> str:
    command = [sys.executable, "-m", "plugwright", "generate", "--package", "sdk"]
    command += ["--out", str(out), "-I", str(PROTOS), *map(str, files)]
    env = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    return _digest(out)


def test_hash_seed_and_file_order_do_not_show(tmp_path: Path) -> None:
    files = sorted(PROTOS.glob("*.proto"))
    shuffled = random.Random(4).sample(files, len(files))
    first = _generate(tmp_path / "a", files, "0")
    second = _generate(tmp_path / "b", shuffled, "12345")
    assert first == second


def test_order_inside_a_descriptor_set_does_not_show(tmp_path: Path) -> None:
    files = tuple(sorted(PROTOS.glob("*.proto")))
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(protoc.compile(files, [PROTOS]))
    shuffled = list(descriptors.file)
    random.Random(7).shuffle(shuffled)
    outputs = []
    for name, ordered in (("straight", descriptors.file), ("shuffled", shuffled)):
        path = tmp_path / f"{name}.binpb"
        made = descriptor_pb2.FileDescriptorSet(file=ordered)
        path.write_bytes(made.SerializeToString())
        job = zero_config("sdk", tmp_path, Sources((), (), path))
        outputs.append(render(job, _quiet))
    assert outputs[0] == outputs[1]


def test_a_ready_descriptor_set_gives_what_the_protos_give(tmp_path: Path) -> None:
    files = tuple(sorted(PROTOS.glob("*.proto")))
    path = tmp_path / "set.binpb"
    path.write_bytes(protoc.compile(files, [PROTOS]))
    from_set = render(zero_config("sdk", tmp_path, Sources((), (), path)), _quiet)
    from_protos = render(zero_config("sdk", tmp_path, Sources(files, (PROTOS,))), _quiet)
    assert from_set == from_protos
