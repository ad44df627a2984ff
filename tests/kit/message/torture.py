"""Messages with a field of every kind: an SDK of them, and protobuf's own classes for them."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = Path(__file__).with_name("torture")
PACKAGE = "torture_sdk"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Torture:
    """`sdk`: the generated package; `pool`: protobuf's own descriptors, extensions and all."""

    sdk: Any
    pool: Any

    def model(self, name: str) -> Any:
        return self.sdk.registry.message(name)

    def message(self, name: str) -> Any:
        found = self.pool.FindMessageTypeByName(name)
        return message_factory.GetMessageClass(found)


def made(folder: Path) -> Torture:
    """The SDK, written below `folder`, which is put on `sys.path`, and its descriptors."""
    protos = sorted(str(p) for p in PROTOS.glob("*.proto"))
    generate = [BIN / "plugwright", "generate", "--package", PACKAGE, "--out", folder]
    described = folder / "protos.binpb"
    describe = [sys.executable, "-m", "grpc_tools.protoc", "--include_imports"]
    describe.append(f"--descriptor_set_out={described}")
    for command in (generate, describe):
        subprocess.run([*command, f"-I{PROTOS}", *protos], check=True)
    files = descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes()).file
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.AddSerializedFile(file.SerializeToString())
    sys.path.insert(0, str(folder))
    return Torture(importlib.import_module(PACKAGE), pool)
