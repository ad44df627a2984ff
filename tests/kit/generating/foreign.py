"""Which protos that others wrote do packages of the registries ship, and what comes out of them?

Some packages have .proto files. Others have only modules that protoc made of them; their
descriptors, which have no comments, become a descriptor set.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet


@dataclass(frozen=True)
class Foreign:
    """`distribution`: who ships the protos; `package`: what is generated of them.

    `root`: the import root in the distribution if it has .proto files, else None. `messages`:
    how many there are at least; `services`: the simple names of all.
    """

    distribution: str
    package: str
    root: str | None
    messages: int
    services: tuple[str, ...] = ()

    def generate(self, folder: Path) -> None:
        """Write the package below `folder`, by the command that anyone would use."""
        command = [sys.executable, "-m", "plugwright", "generate"]
        command += ["--package", self.package, "--out", str(folder)]
        done = subprocess.run(
            [*command, *self._sources(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if "several modules have" not in line]
        assert (done.returncode, told) == (0, []), done.stderr

    def _sources(self, folder: Path) -> list[str]:
        if self.root is not None:
            protos = list(self._files(".proto"))
            root = metadata.distribution(self.distribution).locate_file(self.root)
            return [f"-I{root}", *(str(p.locate()) for p in protos)]
        names = [".".join(p.with_suffix("").parts) for p in self._files("_pb2.py")]
        path = folder / f"{self.package}.binpb"
        path.write_bytes(_descriptor_set(names).SerializeToString())
        return ["--descriptor-set", str(path)]

    def _files(self, suffix: str) -> Iterator[metadata.PackagePath]:
        for file in metadata.files(self.distribution) or ():
            if PurePosixPath(file).name.endswith(suffix):
                yield file


def _descriptor_set(modules: list[str]) -> FileDescriptorSet:
    """The files of generated modules and all they import."""
    found: dict[str, FileDescriptorProto] = {}

    def add(file: FileDescriptor) -> None:
        if file.name not in found:
            for needed in file.dependencies:
                add(needed)
            found[file.name] = FileDescriptorProto()
            file.CopyToProto(found[file.name])

    for module in modules:
        add(importlib.import_module(module).DESCRIPTOR)
    return FileDescriptorSet(file=found.values())


ALL = (
    Foreign("googleapis-common-protos", "googleapis", "", 150, ("Locations", "Operations")),
    Foreign("grpcio-tools", "well_known", "grpc_tools/_proto", 50),
    Foreign("grpcio-health-checking", "health", None, 4, ("Health",)),
    Foreign("grpcio-reflection", "reflection", None, 8, ("ServerReflection",)),
    Foreign("grpcio-channelz", "channelz", None, 35, ("Channelz",)),
    Foreign(
        "opentelemetry-proto",
        "opentelemetry_protos",
        None,
        55,
        ("LogsService", "MetricsService", "ProfilesService", "TraceService"),
    ),
)
