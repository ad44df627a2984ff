"""Is the RPC that the runtime answers by itself one that it knows how to answer?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.generating.failing import command

PROTO = """syntax = "proto3";
package e.v1;
message Nothing {{}}
message ListResponse {{ {field} }}
message OtherResponse {{ repeated string hooks = 1; }}
service Hooks {{
  rpc List(Nothing) returns ({response});
  rpc OnStart(Nothing) returns (Nothing);
}}
"""
CONFIG = """[sdk]
package = "sdk"
out = "."
[hooks]
service = "Hooks"
implemented = "List"
"""
TEXTS = "repeated string hooks = 1;"


def stderr(folder: Path, field: str, response: str) -> str:
    (folder / "a.proto").write_text(PROTO.format(field=field, response=response))
    (folder / "plugwright.toml").write_text(CONFIG)
    return command(["generate", "plugwright.toml"], folder).stderr


@pytest.mark.parametrize(
    ("field", "response"),
    [
        ("repeated string names = 1;", "ListResponse"),
        ("repeated int32 hooks = 1;", "ListResponse"),
        ("string hooks = 1;", "ListResponse"),
        ("", "ListResponse"),
        (TEXTS, "OtherResponse"),
    ],
    ids=["other name", "numbers", "one text", "no field", "other message"],
)
def test_a_response_that_the_runtime_cannot_give_is_refused(
    tmp_path: Path, field: str, response: str
) -> None:
    assert stderr(tmp_path, field, response) == (
        "a.proto:7:3: List cannot be hooks.implemented; it must answer with e.v1.ListResponse "
        "and a field `repeated string hooks`\n"
    )


def test_the_one_that_it_can_give_is_taken(tmp_path: Path) -> None:
    assert stderr(tmp_path, TEXTS, "ListResponse") == ""
