"""Does what users see stay when protos are edited in ways that every protobuf tool calls safe?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.generating.evolving import CONFIG, Evolving

_CLIENT = "clients.api.ApiClient"
_MODELS = CONFIG.split("[api]")[0]
_HOOKS = """
[hooks]
service = "Hooks"
"""


@pytest.fixture
def sdk(tmp_path: Path) -> Evolving:
    return Evolving(tmp_path)


def _kept(before: list[str], after: list[str]) -> list[str]:
    """The lines that are new; all that were there must be there still."""
    assert [line for line in before if line not in after] == []
    return [line for line in after if line not in before]


def _api(request: str, response: str = "", more: str = "", rpcs: str = "") -> str:
    return f"""
message GetRequest {{ {request} }}
message GetResponse {{ {response} }}
{more}
service Api {{ {rpcs} rpc Get(.p.GetRequest) returns (.p.GetResponse); }}
"""


def test_reordered_request_fields_leave_positional_arguments_in_place(sdk: Evolving) -> None:
    before = sdk.generate(_api("string id = 1; string team = 2;"))
    assert f"parameter {_CLIENT}.get.id: str | positional 1 | field id" in before
    assert _kept(before, sdk.generate(_api("string team = 2; string id = 1;"))) == []
    assert "def get(\n        self,\n        id: str,\n        team: str," in _client(sdk)


def test_an_appended_request_field_may_be_left_out(sdk: Evolving) -> None:
    before = sdk.generate(_api("string id = 1;"))
    new = _kept(before, sdk.generate(_api("int32 page = 2; string id = 1; repeated string x = 3;")))
    assert f"parameter {_CLIENT}.get.page: int = 0 | keyword | field page" in new
    assert f"parameter {_CLIENT}.get.x: list[str] | None = None | keyword | field x" in new
    again = sdk.generate(_api("int32 page = 2; string id = 1; repeated string x = 3;"))
    assert [line for line in again if line in new] == new


def test_a_request_field_that_becomes_optional_stays_an_argument(sdk: Evolving) -> None:
    before = sdk.generate(_api("string id = 1;"))
    after = sdk.generate(_api("optional string id = 1;"), accept=True)
    line = f"parameter {_CLIENT}.get.id: str | positional 1 | field id"
    assert line in before
    assert line in after


def test_a_first_field_of_an_empty_request_is_a_keyword(sdk: Evolving) -> None:
    before = sdk.generate("message Void {} service Api { rpc Ping(Void) returns (Void); }")
    protos = "message Void { string id = 1; } service Api { rpc Ping(Void) returns (Void); }"
    new = _kept(before, sdk.generate(protos))
    assert f'parameter {_CLIENT}.ping.id: str = "" | keyword | field id' in new
    assert sdk.generate(protos) == [*sdk.generate(protos)]


def test_a_second_payload_leaves_the_result_and_gives_a_twin(sdk: Evolving) -> None:
    before = sdk.generate(_api("string id = 1;", "bytes value = 1;"))
    after = sdk.generate(_api("string id = 1;", "int32 revision = 2; bytes value = 1;"))
    new = _kept(before, after)
    assert f"twin {_CLIENT}.get_response = get" in new
    assert f"result {_CLIENT}.get: bytes | field value" in after
    code = _client(sdk)
    assert "def get_response(" in code
    assert "GetResponse:" in code
    back = sdk.generate(_api("string id = 1;", "bytes value = 1;"), accept=True)
    assert f"twin {_CLIENT}.get_response = get" in back, "a twin that there was stays"


def test_a_first_payload_of_a_void_call_leaves_none_and_gives_a_twin(sdk: Evolving) -> None:
    before = sdk.generate(_api("string id = 1;"))
    after = sdk.generate(_api("string id = 1;", "int32 count = 1;"))
    new = _kept(before, after)
    assert f"result {_CLIENT}.get: None | nothing" in after
    assert f"twin {_CLIENT}.get_response = get" in new
    servicer = sdk.files["servicers/api.py"]
    assert "GetResponse | None" in servicer, "servicers may still return None"


def test_a_method_may_be_called_as_a_twin_would_be(sdk: Evolving) -> None:
    more = "rpc GetResponse(.p.GetRequest) returns (.p.GetResponse);"
    before = sdk.generate(_api("", "bytes value = 1;", rpcs=more))
    new = _kept(before, sdk.generate(_api("", "bytes value = 1; int32 x = 2;", rpcs=more)))
    assert f"twin {_CLIENT}.get_response_ = get" in new


def test_a_result_that_was_whole_stays_whole(sdk: Evolving) -> None:
    before = sdk.generate(_api("", "int32 a = 1; int32 b = 2;"))
    after = sdk.generate(_api("", "int32 a = 1;"), accept=True)
    line = f"result {_CLIENT}.get: models.api.GetResponse | whole"
    assert line in before
    assert line in after


@pytest.mark.parametrize("new", ["TEAM_TYPE_2FA", "UNPREFIXED", "mro"])
def test_a_new_enum_value_renames_no_member(sdk: Evolving, new: str) -> None:
    enum = "enum TeamType { TEAM_TYPE_OPEN = 0; TEAM_TYPE_INVITE = 1; %s } service Api {}"
    before = sdk.generate(enum % "")
    assert "member models.api.TeamType.OPEN = 0 | TEAM_TYPE_OPEN" in before
    member = {"mro": "mro_"}.get(new, new)
    added = _kept(before, sdk.generate(enum % f"{new} = 2;"))
    assert added == [f"member models.api.TeamType.{member} = 2 | {new}"]


def test_a_new_enum_value_with_the_prefix_loses_it_as_the_others(sdk: Evolving) -> None:
    enum = "enum Kind { KIND_A = 0; %s } service Api {}"
    before = sdk.generate(enum % "")
    added = _kept(before, sdk.generate(enum % "KIND_B = 1;"))
    assert added == ["member models.api.Kind.B = 1 | KIND_B"]


def test_a_twin_rpc_gets_the_new_name_wherever_it_stands(sdk: Evolving) -> None:
    rpc = "rpc {}(GetRequest) returns (GetResponse);"
    before = sdk.generate(_api("", rpcs=rpc.format("KVGet")))
    after = sdk.generate(_api("", rpcs=rpc.format("KvGet") + rpc.format("KVGet")))
    assert f"method {_CLIENT}.kv_get = KVGet | unary | p.GetRequest -> p.GetResponse" in before
    assert any(line.startswith(f"method {_CLIENT}.KvGet = KvGet") for line in _kept(before, after))


def test_a_second_service_of_a_short_name_gets_the_longer_module(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path, _MODELS)
    first = "message M {} service Api { rpc Get(M) returns (M); }"
    before = sdk.generate({"b.proto": first})
    second = 'syntax = "proto3"; package a; message M {} service Api { rpc Get(M) returns (M); }'
    (tmp_path / "protos").mkdir()
    config = (tmp_path / "plugwright.toml").read_text()
    config += '[protos]\nfiles = ["*.proto", "protos/*.proto"]\npath = [".", "protos"]\n'
    (tmp_path / "plugwright.toml").write_text(config)
    (tmp_path / "protos" / "a.proto").write_text(second)
    new = _kept(before, sdk.generate({"b.proto": first}))
    assert any(line.startswith("client clients.a_api.ApiClient = a.Api") for line in new)
    assert "export models.M = models.b.M" in before


def test_a_message_that_moves_to_another_file_is_found_where_it_was(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path, _MODELS)
    post = "message Post { oneof kind { string a = 1; int32 b = 2; } State state = 3; }"
    enum = "enum State { OPEN = 0; }"
    before = sdk.generate({"post.proto": post + enum + "message Other {}"})
    moved = {"post.proto": "message Other {}", "new.proto": post + enum}
    _kept(before, sdk.generate(moved))
    assert "class Post(Model):" in sdk.files["models/new.py"]
    assert '"..new": "Post PostKind State"' in sdk.files["models/post.py"]
    assert "from .new import Post as Post" in sdk.files["models/post.py"]


def test_a_file_that_is_renamed_keeps_its_module(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path, _MODELS)
    before = sdk.generate({"post.proto": "message Post {} message Two {}"})
    after = sdk.generate({"posts.proto": "message Post {} message Two {} message Three {}"})
    assert _kept(before, after)[-1] == "model models.post.Three = p.Three"


def test_what_joins_beside_a_oneof_renames_none_of_its_classes(sdk: Evolving) -> None:
    text = "message M { %s oneof kind { string a_b = 3; %s } } service Api {}"
    before = sdk.generate(text % ("", ""))
    after = sdk.generate(text % ("", "int32 A_b = 1;"))
    assert "case models.api.M.Kind.AB: str | 3 string a_b" in before
    assert "case models.api.M.Kind.AB_1: int | 1 int32 A_b" in _kept(before, after)[-1]


def test_an_appended_hook_field_reaches_only_handlers_that_accept_it(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path, CONFIG + _HOOKS)
    protos = """
message JoinedRequest { %s }
message JoinedResponse {}
service Api {}
service Hooks { rpc Joined(JoinedRequest) returns (JoinedResponse); }
"""
    before = sdk.generate(protos % "string user = 1; string team = 2;")
    new = _kept(before, sdk.generate(protos % "int32 at = 3; string team = 2; string user = 1;"))
    assert "handler HookName.Joined.at: int | optional 3 | field at" in new
    hooks = sdk.files["hooks.py"]
    assert 'arguments=("user", "team", "at")' in hooks
    assert "optional=1" in hooks
    assert "Callable[[Any, str, str], Answer[None]]" in hooks
    assert "Callable[[Any, str, str, int], Answer[None]]" in hooks


def _client(sdk: Evolving) -> str:
    return sdk.files["clients/api/api.py"]
