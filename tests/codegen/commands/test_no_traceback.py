"""Is a traceback ever the interface? Odd places, streams, disks and bugs, as a user meets them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from kit.generating.failing import command
from plugwright import generation, protoc_plugin

PROTO = 'syntax = "proto3"; package a; message M { string s = 1; }'
BIN = Path(sys.executable).parent
ZERO = ["generate", "--package", "k", "--out", "o"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.proto").write_text(PROTO)
    return tmp_path


def start(folder: Path, words: list[Any], **options: Any) -> subprocess.CompletedProcess[bytes]:
    """`plugwright WORDS` in a process of its own, as a user starts it."""
    environment = os.environ | options.pop("environment", {})
    return subprocess.run(
        [BIN / "plugwright", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        **options,
    )


# ------------------------------------------------------------------ streams and disks


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("proto", ["a.proto", "broken.proto"])
def test_closed_streams_change_nothing(folder: Path, closed: str, proto: str) -> None:
    (folder / "broken.proto").write_text(f"{PROTO} oops")
    line = f"exec {BIN}/plugwright {' '.join(ZERO)} {proto} {closed}"
    done = subprocess.run(["sh", "-c", line], cwd=folder, check=False)
    assert done.returncode == (proto == "broken.proto")
    assert (folder / "o/k/models/a.py").exists() == (proto == "a.proto")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_stdout_is_told(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [BIN / "plugwright", "inspect", "schema", "--package", "k", "a.proto"],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def _no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_full_disk_is_told(folder: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    done = start(folder, [*ZERO, "a.proto"], environment=cache, preexec_fn=_no_room)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"bug of plugwright" not in done.stderr
    assert not (folder / "o").exists()


def test_a_full_cache_is_no_reason_to_fail(folder: Path) -> None:
    set_ = descriptor_pb2.FileDescriptorSet()
    file = set_.file.add(name="a.proto", package="a", syntax="proto3")
    file.message_type.add(name="M")
    (folder / "set.binpb").write_bytes(set_.SerializeToString())
    words = ["explain", "M", "--package", "k", "--descriptor-set", "set.binpb"]
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    done = start(folder, words, environment=cache, preexec_fn=_no_room)
    assert (done.returncode, done.stderr) == (0, b"")
    for base in ("/dev/null", "relative", str(folder / "a.proto")):
        done = start(folder, [*ZERO, "a.proto"], environment={"XDG_CACHE_HOME": base})
        assert (done.returncode, done.stderr) == (0, b""), base


# ------------------------------------------------------------------ places


@pytest.mark.parametrize(
    "name",
    [b"\xc3\xbc", b"bad\xff", b"a=b", b"@x", b"-x", b"a b\n", b"'\"", b"~", b"x" * 200],
)
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_folder_may_have_any_name(folder: Path, name: bytes, locale: dict[str, str]) -> None:
    environment = {"PYTHONCOERCECLOCALE": "0"} | locale
    root = os.fsencode(folder) + b"/" + name
    os.mkdir(root)
    (folder / "a.proto").rename(os.fsdecode(root + b"/a.proto"))
    path = name + b"/a.proto" if name[:1] not in b"-@" else b"./" + name + b"/a.proto"
    words = [*ZERO, "--proto-path", b"./" + name, path]
    done = start(folder, words, environment=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    os.rename(root + b"/a.proto", root + b"/plugwright.toml")
    done = start(folder, ["generate", b"./" + name], environment=environment)
    assert done.returncode == 1
    assert b"not valid TOML" in done.stderr


def test_names_that_no_proto_can_have_are_told(folder: Path) -> None:
    os.rename(folder / "a.proto", os.fsencode(folder) + b"/\xff.proto")
    done = start(folder, [*ZERO, b"\xff.proto"])
    assert done.returncode == 1
    assert b"no UTF-8; rename it" in done.stderr
    (folder / "a:b").mkdir()
    (folder / "a:b" / "a.proto").write_text(PROTO)
    done = start(folder, [*ZERO, "a:b/a.proto"])
    assert done.returncode == 1
    assert b"protoc takes no folder with ':' in its name" in done.stderr


# ------------------------------------------------------------------ bugs


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """`bug(error)`: from now on planning fails with `error`."""

    def install(error: BaseException) -> None:
        def fail(*_: Any) -> None:
            raise error

        monkeypatch.setattr(generation, "_planned", fail)

    return install


def test_a_bug_says_what_to_report(
    folder: Path, bug: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(KeyError("FileDescriptorProto"))
    got = command([*ZERO, "a.proto"], folder)
    assert got.code == 1
    assert got.stderr.startswith("this is a bug of plugwright: KeyError: ")
    assert "(test_no_traceback.py:" in got.stderr
    assert "github.com/plugwright" in got.stderr
    assert "Python 3." in got.stderr
    assert "Traceback" not in got.stderr
    assert got.after.keys() == got.before.keys()
    monkeypatch.setenv("PLUGWRIGHT_TRACEBACK", "1")
    got = command([*ZERO, "a.proto"], folder)
    assert "Traceback (most recent call last)" in got.stderr


def test_a_disk_is_no_bug(folder: Path, bug: Callable[..., None]) -> None:
    bug(OSError(28, "No space left on device", "/x/y"))
    got = command([*ZERO, "a.proto"], folder)
    assert got.code == 1
    assert got.stderr == "/x/y: cannot be used: No space left on device\n"


def test_a_bug_reaches_protoc_as_its_error(bug: Callable[..., None]) -> None:
    request = plugin_pb2.CodeGeneratorRequest(parameter="package=k")
    file = request.proto_file.add(name="a.proto", package="a", syntax="proto3")
    file.message_type.add(name="M")
    request.file_to_generate.append("a.proto")
    assert not protoc_plugin.respond(request).error
    bug(KeyError("\ud800"))
    got = protoc_plugin.respond(request)
    assert got.error.startswith("this is a bug of plugwright: KeyError: ")
    assert not got.file
    assert got.supported_features


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"hello"])
def test_the_plugin_answers_whatever_comes_in(folder: Path, data: bytes) -> None:
    done = subprocess.run(
        [BIN / "protoc-gen-plugwright"], input=data, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert plugin_pb2.CodeGeneratorResponse.FromString(done.stdout).error


# ------------------------------------------------------------------ what buf prunes


def test_options_whose_descriptor_is_pruned(tmp_path: Path) -> None:
    """`buf generate --type` hands over a descriptor.proto with FieldOptions alone."""
    files = {
        "buf.yaml": "version: v2\nmodules: [{path: p}]\n",
        "buf.gen.yaml": "version: v2\nplugins: [{local: protoc-gen-plugwright, out: gen, "
        "opt: package=x_sdk, strategy: all}]\n",
        "p/v/v.proto": 'syntax = "proto2"; package v; '
        'import "google/protobuf/descriptor.proto"; '
        "extend google.protobuf.FieldOptions { optional bool req = 1159; }",
        "p/s/s.proto": 'syntax = "proto3"; package s; import "v/v.proto"; '
        "message M { string a = 1 [(v.req) = true]; } message N {} "
        "service Svc { rpc Get(M) returns (M); }",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [BIN / "buf", "generate", "--type", "s.Svc"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    program = "from x_sdk import clients, models, registry; clients.SvcClient; models.M(a='x')"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "gen", check=True, timeout=60)
