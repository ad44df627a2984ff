"""Can any config, path or request make plugwright fail in a way that it does not explain?"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from google.protobuf.compiler import plugin_pb2
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from kit.generating.failing import command
from plugwright.protoc_plugin import respond
from plugwright.settings.tables import Error, Settings

PROTO = """syntax = "proto3";
package t;
message AskRequest { int32 a = 1; bytes b = 2; }
message AskResponse { string error = 1; string text = 2; }
service Host { rpc Ask(AskRequest) returns (AskResponse); }
service Hooks { rpc OnAsk(AskRequest) returns (AskResponse); }
"""
KEYS = sorted(
    (table, key.replace("_", "-"))
    for table, kind in {**get_type_hints(Settings), "error": Error}.items()
    if hasattr(kind, "_fields")
    for key in kind._fields
)
_TEXTS = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "Host",
                "Hooks",
                "Ask",
                "OnAsk",
                "AskRequest",
                "error",
                "text",
                "sdk",
            ),
            *(
                "*",
                "**",
                "**.proto",
                "/",
                "/etc/passwd",
                "..",
                "a\0",
                "[",
                "[z-a]",
                "~",
            ),
            *("class", "json", "é", "\U0001f389", "\u202e", "a\nb", '"""', "{{ x }}"),
            *("go-plugin", "socket-argument", "code", "message", "1.0", "x" * 5000),
        ]
    ),
    st.text(max_size=12),
)
_PLAIN = st.one_of(
    _TEXTS,
    st.booleans(),
    st.sampled_from([0, 1, -1, 2**31, 2**64, 10**400, 0.5, float("nan"), 1e300]),
)
_VALUES: st.SearchStrategy[Any] = st.one_of(
    _PLAIN,
    st.lists(_PLAIN, max_size=3),
    st.lists(_TEXTS, max_size=3),
    st.dictionaries(_TEXTS, _PLAIN, max_size=3),
    st.dictionaries(_TEXTS, st.lists(_TEXTS, max_size=2), max_size=3),
    st.just([[[1]]]),
)
_FEW = profile(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = (f"\\U{ord(c):08x}" if c in '"\\' or c < " " else c for c in value)
        text = "".join(escaped).encode("utf-8", "replace").decode()
        return f'"{text}"'.replace("\x7f", "?")
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        items = {toml(k): toml(v) for k, v in value.items()}
        return "{" + ", ".join(f"{k} = {v}" for k, v in items.items()) + "}"
    return repr(value)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not `tmp_path`: hypothesis runs a test many times in one."""
    path = Path(tempfile.mkdtemp())
    yield path
    shutil.rmtree(path)


def explained(folder: Path, words: list[str]) -> None:
    """Run `plugwright WORDS`; if it fails it must say why."""
    got = command(words, folder)
    assert got.code in (0, 1, 2), got
    assert bool(got.code) == bool(got.stderr), got.stderr
    assert "bug of plugwright" not in got.stderr
    assert "Traceback" not in got.stderr
    for name, data in got.after.items():
        if name.endswith(".py"):
            compile(data, name, "exec", dont_inherit=True)


@_FEW
@given(st.dictionaries(st.sampled_from(KEYS), _VALUES, min_size=1, max_size=4))
def test_any_config(settings: dict[tuple[str, str], Any]) -> None:
    given_ = {("sdk", "package"): "sdk", ("sdk", "out"): "out"} | settings
    given_ |= {k: "out" for k in given_ if k == ("sdk", "out")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.proto").write_text(PROTO)
        tables: dict[str, list[str]] = {}
        for (table, key), value in given_.items():
            tables.setdefault(table, []).append(f"{key} = {toml(value)}")
        text = "\n".join(line for table, lines in tables.items() for line in (f"[{table}]", *lines))
        (folder / "plugwright.toml").write_text(text, encoding="utf-8")
        explained(folder, ["generate", "plugwright.toml"])


@_FEW
@given(st.binary(max_size=300))
def test_any_bytes_as_a_config(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "plugwright.toml").write_bytes(data)
        explained(Path(name), ["generate", "plugwright.toml"])


_PARTS = st.one_of(
    st.sampled_from([b"..", b".", b"a", b"a.proto", b"link", b"-x", b"@y", b"\xff", b"*"]),
    st.binary(min_size=1, max_size=6).filter(lambda b: not {0, 47} & set(b)),
)


@_FEW
@given(
    st.lists(_PARTS, min_size=1, max_size=4),
    st.lists(_PARTS, max_size=2),
    st.booleans(),
)
def test_any_path(parts: list[bytes], root: list[bytes], made: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in" / "side"
        folder.mkdir(parents=True)
        (folder / "a.proto").write_text(PROTO)
        (folder / "link").symlink_to(folder)
        inside = {".."}.isdisjoint(map(os.fsdecode, parts))
        path = os.fsdecode(b"/".join(parts))
        if made and inside and not (folder / path).exists():
            try:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / "a.proto", folder / path)
            except OSError:
                pass  # a folder with the name of a file
        words = ["generate", "--package", "k", "--out", str(Path(name) / "out")]
        if root:
            words.append(f"--proto-path={os.fsdecode(b'/'.join(root))}")
        explained(folder, [*words, "--", path])


def test_any_request() -> None:
    good = plugin_pb2.CodeGeneratorRequest(parameter="package=k")
    file = good.proto_file.add(name="a.proto", package="t", syntax="proto3")
    file.message_type.add(name="M").field.add(name="a", number=1, type=9, label=1)
    file.service.add(name="S").method.add(name="A", input_type=".t.M", output_type=".t.M")
    good.file_to_generate.append("a.proto")
    assert respond(good).file
    data = good.SerializeToString()
    for seed in [*range(400), 2513]:  # the last: an import that is no UTF-8
        chosen = random.Random(seed)
        broken = bytearray(data)
        for _ in range(chosen.choice((1, 2, 4))):
            broken[chosen.randrange(len(broken))] = chosen.randrange(256)
        request = plugin_pb2.CodeGeneratorRequest()
        try:
            request.MergeFromString(bytes(broken))
        except Exception:
            continue
        answer = respond(request)
        assert bool(answer.error) != bool(answer.file), seed
        assert "bug of plugwright" not in answer.error, (seed, answer.error)
