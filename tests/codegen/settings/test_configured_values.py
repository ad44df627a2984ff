"""Is what comes out valid, whatever a plugwright.toml says?"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from kit.generating.failing import Outcome, command
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version
from plugwright.output.readback import UnreadableOutput, check
from plugwright.output.source import SourceFile
from plugwright.settings import validity
from plugwright.settings.tables import Settings

PROTO = """syntax = "proto3";
package t;
enum Level { LOW = 0; HIGH = 1; }
message AskRequest { int32 a = 1; string b = 2; float c = 3; Level d = 4; uint64 e = 5; }
message AskResponse { string text = 1; }
service Host { rpc Ask(AskRequest) returns (AskResponse); }
service Other { rpc Ask(AskRequest) returns (AskResponse); }
"""
BASE = {"sdk": {"package": '"sdk"', "out": '"."'}, "api": {"service": '"Host"'}}


def generate(folder: Path, *settings: str) -> Outcome:
    """The outcome with further settings, each `table.key = value`."""
    tables: dict[str, dict[str, str]] = {t: dict(keys) for t, keys in BASE.items()}
    for setting in settings:
        name, _, value = setting.partition(" = ")
        table, _, key = name.partition(".")
        tables.setdefault(table, {})[key] = value
    lines = [
        line
        for table, keys in tables.items()
        for line in (f"[{table}]", *(f"{k} = {v}" for k, v in keys.items()))
    ]
    (folder / "a.proto").write_text(PROTO)
    (folder / "plugwright.toml").write_text("\n".join(lines), encoding="utf-8")
    return command(["generate", "plugwright.toml"], folder)


INVALID = [
    'sdk.package = "é"',
    'sdk.package = "json"',
    'sdk.package = "typing"',
    'sdk.package = "grpc"',
    'sdk.package = "google"',
    'sdk.package = "plugwright_runtime"',
    'sdk.package = "asyncore"',
    'sdk.package = "compression"',
    'sdk.package = "__main__"',
    'sdk.package = "_"',
    'sdk.package = "a.b"',
    'sdk.package = "a\\u0000"',
    'sdk.distribution = "x!"',
    'sdk.distribution = "-x"',
    'sdk.distribution = "grpcio"',
    'sdk.distribution = "Plugwright"',
    'sdk.version = "one"',
    'sdk.version = "1.0.0\\n"',
    'sdk.version = "1..0"',
    'sdk.summary = "two\\nlines"',
    'sdk.title = "a\\u0000b"',
    'sdk.out = "a\\u0000b"',
    'sdk.extras = "a\\u0000b"',
    'sdk.guide = "a\\u0000b"',
    'sdk.clients = "none"',
    'sdk.clients = ""',
    'sdk.version = ""',
    'sdk.exports = {"class" = "x"}',
    'sdk.exports = {models = "x"}',
    'sdk.exports = {"a b" = "x"}',
    'sdk.dependencies = ["not a requirement"]',
    'sdk.dependencies = ["x>=1\\n"]',
    'sdk.dependencies = ["../x"]',
    'protos.files = ["/*.proto"]',
    'protos.files = ["**.proto"]',
    'protos.files = ["a/**b/*.proto"]',
    'protos.files = [""]',
    'protos.files = ["C:/x.proto"]',
    'protos.files = ["\\u0000.proto"]',
    'protos.path = ["a\\u0000"]',
    "protos.nesting = 99999999999999999999999999",
    'api.client = "class"',
    'api.client = "a b"',
    'api.client = "é"',
    'api.client = "str"',
    'api.client = "_Hidden"',
    'api.client = "annotations"',
    'api.client = "OtherClient"',
    'api.client = "models"',
    'api.domains = {"a-b" = ["Ask"]}',
    'api.domains = {"é" = ["Ask"]}',
    'api.target-env = "a=b"',
    "api.timeout = 1e300",
    f"api.timeout = {'9' * 400}",
    f"api.timeout = {'9' * 5000}",
    f"api.timeout = 0x{'f' * 5000}",
    "api.timeout = nan",
    "api.timeout = 2026-11-30",
    'hooks.timeout-env = "a b"',
    'launch.cookie-key = "a\\u0000"',
    'parameters.defaults = {"*.a" = 2147483648}',
    'parameters.defaults = {"*.a" = [1]}',
    'parameters.defaults = {"*.a" = true}',
    'parameters.defaults = {"*.b" = 1}',
    'parameters.defaults = {"*.c" = 1e39}',
    'parameters.defaults = {"*.c" = true}',
    'parameters.defaults = {"*.a" = -2147483649}',
    'parameters.defaults = {"*.c" = inf}',
    f'parameters.defaults = {{"*.c" = {"9" * 400}}}',
    'parameters.defaults = {"*.d" = "MIDDLE"}',
    'parameters.defaults = {"*.d" = ["LOW"]}',
    'parameters.defaults = {"*.d" = {x = 1}}',
    'parameters.defaults = {"*.d" = 1979-05-27T07:32:00Z}',
    'parameters.defaults = {"*.e" = -1}',
    f"x.y = {'[' * 5000}",
]


@pytest.mark.parametrize("setting", INVALID, ids=lambda s: s[:40])
def test_a_value_that_cannot_work_is_named(tmp_path: Path, setting: str) -> None:
    got = generate(tmp_path, setting)
    assert got.code == 1
    assert re.match(r"plugwright\.toml(:\d+:\d+)?: .", got.stderr), got.stderr
    assert "Traceback" not in got.stderr
    assert "bug of plugwright" not in got.stderr
    assert len(got.stderr) < 2000
    assert got.after.keys() == {"a.proto", "plugwright.toml"}


VALID = [
    'parameters.defaults = {"*.a" = 2147483647}',
    'parameters.defaults = {"*.a" = -2147483648}',
    'sdk.summary = "🎉 \\"quoted\\" \\\\ \\u202e fine"',
    'sdk.title = "👨‍👩‍👧 <title> {{ 7 * 7 }}"',
    'sdk.package = "match"',
    'sdk.package = "x_"',
    'sdk.distribution = "A.b-c_d"',
    'sdk.version = "1!2.0rc1.post2.dev3+local.4"',
    """sdk.dependencies = ["a[b,c]>=1,<2 ; python_version < '4'", "d @ https://e.f/g.whl"]""",
    'api.client = "Api"',
    'api.domains = {All = ["*"]}',
    'parameters.defaults = {"*.a" = -2147483648, "*.c" = 3e38, "*.d" = "HIGH"}',
    'parameters.defaults = {"*.b" = "\\u0000\\"🎉\\u202e{{ 1 }}"}',
]


@pytest.mark.parametrize("setting", VALID, ids=lambda s: s[:40])
def test_a_value_that_works_comes_out_as_it_is(tmp_path: Path, setting: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    got = generate(root, setting)
    assert (got.code, got.stderr) == (0, "")
    for name, data in got.after.items():
        if name.endswith(".py"):
            compile(data, name, "exec", dont_inherit=True)
    project = tomllib.loads(got.after["pyproject.toml"].decode())["project"]
    sdk = tomllib.loads((root / "plugwright.toml").read_text())["sdk"]
    for key, name in (("summary", "description"), ("version", "version")):
        assert sdk.get(key, project[name]) == project[name]


@pytest.mark.parametrize("package", ["json", "é", "grpc", "class", "plugwright_runtime"])
def test_the_package_of_a_command_line_too(tmp_path: Path, package: str) -> None:
    (tmp_path / "a.proto").write_text(PROTO)
    words = ["generate", "--package", package, "--out", "o", "-I", ".", "a.proto"]
    got = command(words, tmp_path)
    assert got.code == 1
    assert got.stderr.startswith("--package: ")
    assert got.after.keys() == {"a.proto"}


# Keys that name something of the protos, of the extras, or of a fixed set: looked up there.
LOOKED_UP = {
    *("select.services", "select.messages", "api.service", "api.nullable"),
    *("hooks.service", "hooks.omit", "hooks.implemented", "hooks.modified"),
    *("hooks.rejected", "hooks.dismiss", "hooks.startup", "hooks.shutdown"),
    *(
        "launch.style",
        "launch.service",
        "launch.versions",
        "launch.cookies",
        "launch.auto-mtls",
        "parameters.defaults",
    ),
    *("parameters.absent", "fields.json", "fields.secret", "fields.secret-options"),
    "hooks.before",
}


def test_every_text_that_can_be_configured_is_checked() -> None:
    found = {"sdk.package"}
    for table, kind in get_type_hints(Settings).items():
        if table not in ("error", "errors", "reuse") and hasattr(kind, "_fields"):
            hints: dict[str, Any] = get_type_hints(kind)
            found |= {
                f"{table}.{key.replace('_', '-')}"
                for key, hint in hints.items()
                if "str" in str(hint)
            }
    assert found == validity.CHECKED | LOOKED_UP | {"sdk.package"}


@pytest.mark.parametrize(
    "text",
    [
        *("1", "v1", "1.0", "1!2", "1a1", "1.a.1", "1-alpha", "1rc", "1c2", "1.post1"),
        *(
            "1-1",
            "1.0-r4",
            "1.dev",
            "1.dev0",
            "1+a.b",
            "1+a_b-c",
            "1.0rc1.post2.dev3+x",
        ),
        *("a", "1.", ".1", "1..2", "1a1b", "1+", "1+!", "1_0", "1-1-1", "\u0661"),
    ],
)
def test_versions_are_those_of_packaging(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        assert not validity.is_version(text)
    else:
        assert validity.is_version(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a",
            "a.b-c_d",
            "a>=1",
            "a >= 1, < 2",
            "a[b]",
            "a[b,c]==1.*",
            "a (>=1)",
            "a~=1.2",
        ),
        *(
            "a @ https://x/y.whl",
            "a ; python_version<'4'",
            "a===weird",
            "a>=1;extra=='x'",
        ),
        *(
            "a; import os",
            "a; os_name",
            "a; python_version <",
            "a; other == 'x'",
            "a; os_name == nt",
            "a; @",
            "a; os_name == 'x' and",
            "a; (os_name == 'x'",
            "a; os_name == 'x' 'y'",
            "a; and",
            "a; xos_name == 'x'",
            "a; os_name=='x'or os_name=='y'",
            'a; (os_name == "x" and extra>"3") or (("z" in os_name))',
            "a; 'x' not  in sys_platform",
            "a; 'x' == 'y'",
            "a; platform_python_implementation == '@'",
        ),
        *("", "-a", "a b", "a>=", "a[", "a>=1 b", "a;", "../a", "a==1 2", "a,b", "a @"),
    ],
)
def test_requirements_are_those_of_packaging(text: str) -> None:
    try:
        Requirement(text)
    except InvalidRequirement:
        assert not validity.is_requirement(text)
    else:
        assert validity.is_requirement(text)


@pytest.mark.parametrize(
    "file",
    [
        SourceFile("a/b.py", "def f(:\n"),
        SourceFile("a/b.py", "x = '\0'\n"),
        SourceFile("a/b.py", "return 1\n"),
        SourceFile("pyproject.toml", 'a = "\\ud83d"\n'),
    ],
)
@pytest.mark.parametrize("others", [0, 20])
def test_what_cannot_be_read_is_never_written(file: SourceFile, others: int) -> None:
    good = [SourceFile(f"m{i}.py", f"x = {i}\n") for i in range(others)]
    for _ in range(2):
        with pytest.raises(UnreadableOutput, match=re.escape(file.path)):
            check([*good, file])
