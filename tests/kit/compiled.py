"""What do the protos of a plugin system say, by protobuf's own compiler and nothing of ours?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2


def descriptors(protos: Path) -> descriptor_pb2.FileDescriptorSet:
    """The protos of a folder with comments and imports, compiled in this process."""
    from grpc_tools import protoc

    well_known = Path(protoc.__file__).parent / "_proto"
    files = sorted(str(p) for p in protos.glob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "set.binpb"
        flags = ["--include_imports", "--include_source_info"]
        roots = [f"-I{protos}", f"-I{well_known}"]
        code = protoc.main(["protoc", *roots, *flags, f"--descriptor_set_out={out}", *files])
        assert code == 0, "protoc failed; its complaints are above"
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
