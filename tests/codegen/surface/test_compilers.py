"""Do protoc and buf, told where the surface is, write what the command writes?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.generating.compilers import COMPILERS, Run
from kit.generating.failing import command

_HEAD = 'syntax = "proto3"; package p;\n'
_PROTO = """
message GetRequest {{ {} }}
message GetResponse {{ {} }}
service Api {{ rpc Get(GetRequest) returns (GetResponse); }}
"""
_ARGUMENTS = ["generate", "--package", "sdk", "--out", "out", "-I", "protos", "protos/api.proto"]


@pytest.mark.parametrize("compiler", sorted(COMPILERS))
def test_a_compiler_that_is_told_of_the_surface_writes_the_same_bytes(
    compiler: str, tmp_path: Path
) -> None:
    protos, scratch = tmp_path / "protos", tmp_path / "scratch"
    protos.mkdir()
    scratch.mkdir()
    proto = protos / "api.proto"
    proto.write_text(_HEAD + _PROTO.format("string id = 1; string x = 2;", "bytes value = 1;"))
    assert command(_ARGUMENTS, tmp_path).code == 0
    edited = _PROTO.format(
        "string x = 2; bool y = 3; string id = 1;", "int32 n = 2; bytes value = 1;"
    )
    proto.write_text(_HEAD + edited)
    surface = tmp_path / "before.txt"
    surface.write_bytes((tmp_path / "out/sdk/surface.txt").read_bytes())
    assert command(_ARGUMENTS, tmp_path).code == 0
    run = Run(protos, f"package=sdk,surface={surface}", scratch)
    done = COMPILERS[compiler](run)
    assert done.returncode == 0, done.stderr
    files = (p for p in (tmp_path / "out").rglob("*") if p.is_file())
    written = {p.relative_to(tmp_path / "out").as_posix(): p.read_text() for p in files}
    assert run.tree() == written
    assert "twin clients.api.ApiClient.get_response = get" in written["sdk/surface.txt"]


def test_a_compiler_refuses_what_users_would_miss(tmp_path: Path) -> None:
    protos = tmp_path / "protos"
    protos.mkdir()
    proto = protos / "api.proto"
    proto.write_text(_HEAD + _PROTO.format("string id = 1;", ""))
    assert command(_ARGUMENTS, tmp_path).code == 0
    proto.write_text(_HEAD + _PROTO.format("", ""))
    option = f"package=sdk,surface={tmp_path / 'out/sdk/surface.txt'}"
    for more, code in (("", 1), (",accept-surface", 0)):
        scratch = tmp_path / f"scratch{code}"
        scratch.mkdir()
        done = COMPILERS["grpc_tools"](Run(protos, option + more, scratch))
        assert done.returncode == code, done.stderr
        assert ("ApiClient.get(id)" in done.stderr) == bool(code)
