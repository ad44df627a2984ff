"""Does generation say what users will miss, where the proto says it, and wait until asked?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.generating.evolving import CONFIG, Evolving
from kit.generating.failing import Outcome, command
from plugwright.problems import GenerationError

_PROTOS = """
message Failure { string message = 1; }
message User {
  string id = 1;
  int32 age = 2;
}
enum Kind {
  KIND_A = 0;
  KIND_B = 1;
}
message GetRequest {
  string id = 1;
  Kind kind = 2;
}
message GetResponse {
  User user = 1;
  Failure error = 2;
}
message PutResponse { Failure error = 1; }
service Api {
  rpc Get(GetRequest) returns (GetResponse);
  rpc Put(User) returns (PutResponse);
}
"""
_CONFIG = f'{CONFIG}\n[error]\nmessage = "Failure"\n'

# What is edited, what it becomes, where that is said, and what authors call it.
_EDITS = [
    ("  int32 age = 2;\n", "", "api.proto:5:1", "models.api.User.age"),
    ("int32 age = 2;", "string age = 2;", "api.proto:7:3", "models.api.User.age"),
    ("int32 age", "int32 years", "api.proto:7:3", "models.api.User.age"),
    ("  rpc Put(User) returns (PutResponse);\n", "", "api.proto:22:1", "ApiClient.put()"),
    ("rpc Put", "rpc Store", "api.proto:24:3", "ApiClient.put()"),
    ("  KIND_B = 1;\n", "", "api.proto:9:1", "models.api.Kind.B"),
    ("KIND_B", "KIND_C", "api.proto:11:3", "models.api.Kind.B"),
    ("  Kind kind = 2;\n", "", "api.proto:13:1", "ApiClient.get(kind)"),
    ("  string id = 1;\n  Kind", "  int64 id = 1;\n  Kind", "api.proto:14:3", "ApiClient.get(id)"),
    ("User user = 1", "Kind user = 1", "api.proto:", "ApiClient.get()"),
]


@pytest.fixture
def sdk(tmp_path: Path) -> Evolving:
    made = Evolving(tmp_path, _CONFIG)
    made.generate(_PROTOS)
    return made


@pytest.mark.parametrize(("old", "new", "place", "name"), _EDITS)
def test_what_users_will_miss_is_said_where_the_proto_says_it(
    sdk: Evolving, old: str, new: str, place: str, name: str
) -> None:
    assert old in _PROTOS
    edited = _PROTOS.replace(old, new, 1)
    with pytest.raises(GenerationError) as caught:
        sdk.generate(edited)
    lines = str(caught.value).split("\n")
    assert any(f"/{place}" in line and f": {name} " in line for line in lines), caught.value
    assert all("--accept-surface" in line for line in lines)
    sdk.generate(edited, accept=True)
    sdk.generate(edited)


def test_a_renamed_error_field_is_no_silent_success(sdk: Evolving) -> None:
    edited = _PROTOS.replace("Failure error", "Failure err")
    with pytest.raises(GenerationError, match=r"there are: err$"):
        sdk.generate(edited)


def _generate(sdk: Evolving, *options: str) -> Outcome:
    return command(["generate", "plugwright.toml", *options], sdk.folder)


def test_nothing_is_written_until_the_change_is_accepted(sdk: Evolving) -> None:
    assert _generate(sdk).code == 0
    source = sdk.folder / "api.proto"
    source.write_text(source.read_text().replace("  int32 age = 2;\n", ""))
    for options in ((), ("--check",)):
        outcome = _generate(sdk, *options)
        assert outcome.code == 1
        assert outcome.stderr.startswith("api.proto:5:1: models.api.User.age ")
        assert outcome.after == outcome.before
    assert _generate(sdk, "--accept-surface").code == 0
    assert _generate(sdk, "--check").code == 0


def test_a_new_surface_keeps_nothing(sdk: Evolving) -> None:
    assert _generate(sdk).code == 0
    source = sdk.folder / "api.proto"
    more = source.read_text().replace(
        "string id = 1;\n  Kind kind = 2;", "Kind kind = 2; string id = 1;"
    )
    source.write_text(more)
    surface = sdk.out / "sdk" / "surface.txt"
    before = surface.read_text()
    assert _generate(sdk).code == 0
    assert surface.read_text() == before
    assert _generate(sdk, "--new-surface").code == 0
    assert "get.kind: models.api.Kind | positional 1" in surface.read_text()


def test_a_surface_that_was_merged_badly_stops_generation(sdk: Evolving) -> None:
    assert _generate(sdk).code == 0
    surface = sdk.out / "sdk" / "surface.txt"
    surface.write_text(surface.read_text() + "<<<<<<< HEAD\n")
    outcome = _generate(sdk)
    assert outcome.code == 1
    assert outcome.stderr.startswith("out/sdk/surface.txt:")
    assert "a merge left both sides here" in outcome.stderr
