"""Do strict checkers understand what is generated, however much of it there is?

Of a variable with more than 64 assignments pyright does not infer the type.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kit.generating.failing import command
from kit.generating.packages import RUNTIME, mypy

MANY = 65
KINDS = (
    *("P p{n}", "repeated P p{n}", "map<string, P> p{n}", "map<int32, int32> i{n}"),
    *("repeated int32 i{n}", "repeated E e{n}", "optional string s{n}", "E e{n}"),
    *("google.protobuf.Timestamp t{n}", "repeated google.protobuf.Timestamp t{n}"),
)
HEAD = """syntax = "proto3";
package t;
import "google/protobuf/timestamp.proto";
message P { string s = 1; }
enum E { ZERO = 0; }
"""


def fields(kind: str) -> str:
    return " ".join(f"{kind.format(n=n)} = {n + 1};" for n in range(MANY))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package whose messages have 65 of everything."""
    folder = tmp_path_factory.mktemp("big")
    lines = [f"message M{i} {{ {fields(kind)} }}" for i, kind in enumerate(KINDS)]
    single = [kind for kind in KINDS if kind[:3] not in ("rep", "map", "opt")]
    lines += [f"message O{i} {{ oneof one {{ {fields(kind)} }} }}" for i, kind in enumerate(single)]
    oneofs = (f"oneof o{n} {{ P p{n} = {2 * n + 1}; E e{n} = {2 * n + 2}; }}" for n in range(MANY))
    lines.append(f"message Oneofs {{ {' '.join(oneofs)} }}")
    (folder / "a.proto").write_text(HEAD + "\n".join(lines))
    got = command(["generate", "--package", "big", "--out", "out", "a.proto"], folder)
    assert (got.code, got.stderr) == (0, "")
    return folder / "out"


def test_pyright_strict_is_clean_at_any_size(root: Path) -> None:
    config = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(RUNTIME)],
    }
    (root / "pyrightconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("0 errors, 0 warnings"), done.stdout[:2000]


def test_mypy_strict_is_clean_at_any_size(root: Path, tmp_path: Path) -> None:
    assert mypy(root, tmp_path) == ""
