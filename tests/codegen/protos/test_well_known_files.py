"""Are well-known types there that no selected service names? A message in an Any may be any."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from plugwright.generation import Sources, schema, zero_config

PROTO = """syntax = "proto3";
package p;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message M { google.protobuf.Any any = 1; google.protobuf.StringValue text = 2; Other other = 3; }
message Other { google.protobuf.ListValue list = 1; }
message Unused {}
service Host { rpc Get(M) returns (M); }
service Left { rpc Get(Unused) returns (Unused); }
"""


def test_files_of_well_known_types_are_embedded_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.proto").write_text(PROTO)
    sources = Sources((Path("a.proto"),), (Path(),))
    job = zero_config("sdk", Path("out"), sources, ("Host",))
    pool = descriptor_pool.DescriptorPool()
    for file in schema(job, lambda text: None).files:
        pool.AddSerializedFile(file.wire)
    for name in ("Int64Value", "BoolValue", "Struct", "Value"):
        assert pool.FindMessageTypeByName(f"google.protobuf.{name}")
    with pytest.raises(KeyError):
        pool.FindMessageTypeByName("p.Unused")
