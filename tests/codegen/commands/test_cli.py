"""Does the command line do what its help says?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kit.generating.failing import command
from kit.places import ROOT
from plugwright import __version__

MATTERMOST = str(ROOT / "proto" / "mattermost")
_PROTO = """
syntax = "proto3";
package greet.v1;

message HelloRequest { string name = 1; }
message HelloResponse { string text = 1; }

service Greeter {
  // Say hello.
  rpc Hello(HelloRequest) returns (HelloResponse);
}
"""


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    (tmp_path / "greet.proto").write_text(_PROTO)
    return tmp_path


def test_zero_config_writes_a_working_package(greeter: Path) -> None:
    arguments = ["generate", "--package", "greet", "--out", "out", "greet.proto"]
    outcome = command(arguments, greeter)
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout == "out: 15 files, 15 changed\n"
    program = (
        "from greet import models, registry, clients, servicers\n"
        "from plugwright_runtime.codec import decode, encode\n"
        "cls = registry.message('greet.v1.HelloRequest')\n"
        "assert cls is models.HelloRequest\n"
        "assert decode(cls, encode(cls(name='ann'))) == cls(name='ann')\n"
        "print(clients.GreeterClient.hello.__doc__.splitlines()[0])\n"
        "print(servicers.GreeterServicer.__service__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=greeter / "out",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["Say hello.", "greet.v1.Greeter"]


@pytest.mark.parametrize(
    ("folder", "linked", "printed"),
    [("proto/greet", False, "sdk"), ("link/greet", True, "link/greet/../../sdk")],
)
def test_the_folder_of_an_sdk_is_named_the_short_way(
    greeter: Path, folder: str, linked: bool, printed: str
) -> None:
    """Unless a link on the way makes the short name that of another folder."""
    config = greeter / ("elsewhere" if linked else "") / "proto" / "greet"
    config.mkdir(parents=True)
    (config / "plugwright.toml").write_text('[sdk]\npackage = "greet"\nout = "../../sdk"\n')
    (config / "greet.proto").write_text(_PROTO)
    if linked:
        (greeter / "link").symlink_to(greeter / "elsewhere" / "proto")
    outcome = command(["generate", folder], greeter)
    assert outcome.stdout == f"{printed}: 17 files, 17 changed\n"


@pytest.mark.parametrize("stage", ["schema", "plan"])
def test_inspect_prints_json(greeter: Path, stage: str) -> None:
    outcome = command(["inspect", stage, "--package", "greet", "greet.proto"], greeter)
    assert outcome.code == 0, outcome.stderr
    data = json.loads(outcome.stdout)
    assert data["type"] == stage.capitalize()
    assert outcome.before == outcome.after


def test_explain_an_rpc(tmp_path: Path) -> None:
    outcome = command(["explain", "PluginAPI.GetUsersInChannel", MATTERMOST], tmp_path)
    assert outcome.code == 0
    assert 'sort_by: str = "username"' in outcome.stdout
    assert ") -> list[User]" in outcome.stdout
    assert "default by pattern '*.page'" in outcome.stdout
    signature = outcome.stdout.partition("(\n")[2].partition(")")[0]
    assert [line.strip().partition(":")[0] for line in signature.splitlines()] == [
        *("channel_id", "*,", "sort_by", "page", "per_page")
    ]
    assert "raises: PluginAPIError" in outcome.stdout


def test_a_proto_without_its_package(greeter: Path) -> None:
    outcome = command(["generate", "greet.proto"], greeter)
    assert outcome.stderr == (
        "greet.proto: no config; name its plugwright.toml, or use --package and --out\n"
    )


def test_the_config_beside_which_a_command_is_run(greeter: Path) -> None:
    (greeter / "plugwright.toml").write_text('[sdk]\npackage = "greet"\nout = "sdk"\n')
    assert command(["generate"], greeter).code == 0
    assert (greeter / "sdk" / "greet" / "__init__.py").exists()
    (greeter / "streams.proto").write_text(
        'syntax = "proto3"; message A {} service S { rpc Talk(stream A) returns (stream A); }'
    )
    told = command(["explain", "S.Talk"], greeter).stdout
    assert "talk(\n    requests: Iterable[A],\n) -> Iterator[A]" in told
    assert "def talk(self, requests: Requests[A], context: ServerContext, /) -> Replies[A]" in told


def test_explain_the_hook_of_http(tmp_path: Path) -> None:
    outcome = command(["explain", "ServeHTTP", MATTERMOST], tmp_path)
    assert "\ndef serve_http(self, request: Request) -> Response\n" in outcome.stdout


def test_explain_a_hook(tmp_path: Path) -> None:
    outcome = command(["explain", "FileWillBeUploaded", MATTERMOST], tmp_path)
    assert outcome.code == 0
    assert "tuple[FileInfo, bytes]" in outcome.stdout
    assert "family modify" in outcome.stdout
    assert "on_error=Reject" in outcome.stdout


def test_explain_a_message(tmp_path: Path) -> None:
    outcome = command(["explain", "User", MATTERMOST], tmp_path)
    assert outcome.code == 0
    assert "class User:" in outcome.stdout
    assert "(secret: not in repr)" in outcome.stdout


def test_explain_what_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    outcome = command(["explain", "GetUsr", MATTERMOST], tmp_path)
    assert outcome.code == 1
    assert outcome.stderr.startswith("GetUsr: no RPC, hook or message of that name")
    assert "GetUser" in outcome.stderr


def test_version_and_help(tmp_path: Path) -> None:
    assert command(["--version"], tmp_path).stdout == f"plugwright {__version__}\n"
    text = command(["--help"], tmp_path).stdout
    for word in (
        "generate",
        "inspect",
        "explain",
        "typed Python SDK",
        "--install-completion",
    ):
        assert word in text
    text = command(["generate", "--help"], tmp_path).stdout
    for word in ("--check", "--proto-path", "--descriptor-set", "--package", "--out"):
        assert word in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--package", "x"],
        ["generate", "--package", "x", "--out", "o"],
        ["generate", "--out", "o"],
        ["generate", "--nonsense"],
        ["inspect", "nothing"],
    ],
)
def test_a_wrong_command_line_exits_2(greeter: Path, arguments: list[str]) -> None:
    outcome = command(arguments, greeter)
    assert outcome.code == 2
    assert outcome.before == outcome.after
    assert "Traceback" not in outcome.stderr


def test_pipes_get_no_progress(greeter: Path) -> None:
    arguments = ["-m", "plugwright", "generate", "--package", "greet", "--out", "out"]
    done = subprocess.run(
        [sys.executable, *arguments, "greet.proto"],
        cwd=greeter,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
