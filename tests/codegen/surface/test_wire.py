"""Do we call on the wire what `buf breaking` calls so?"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from plugwright.surface import wire
from plugwright.surface.identity import ProtoField

_BUF = Path(sys.executable).with_name("buf")
_SCALARS = (
    *("double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32"),
    *("fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes"),
)
_LABELLED = tuple(
    f"{label} {name}".strip()
    for label in ("", "optional", "repeated")
    for name in ("string", "int32", "p.M")
)
TYPES = (*_SCALARS, "p.E", "p.M", "map<string,p.M>", *_LABELLED)
PAIRS = tuple(itertools.permutations(dict.fromkeys(TYPES), 2))
Same = Callable[[ProtoField, ProtoField], bool]


@pytest.mark.parametrize(
    ("category", "same"), [("WIRE", wire.same_bytes), ("WIRE_JSON", wire.same_json)]
)
def test_types_are_compatible_as_buf_says(tmp_path: Path, category: str, same: Same) -> None:
    broken = _buf(tmp_path, category)
    wrong = [
        f"{old} -> {new}: buf says {'no' if n in broken else 'yes'}"
        for n, (old, new) in enumerate(PAIRS)
        if same(_field(old), _field(new)) is (n in broken)
    ]
    assert wrong == []


def _field(declared: str) -> ProtoField:
    label, _, name = declared.rpartition(" ")
    return ProtoField("1", label, name, "f", "")


def _buf(folder: Path, category: str) -> set[int]:
    """The pairs that buf calls broken."""
    for index, name in enumerate(("old", "new")):
        (folder / name).mkdir()
        (folder / name / "p.proto").write_text(_proto([pair[index] for pair in PAIRS]))
        (folder / name / "buf.yaml").write_text(f"version: v2\nbreaking:\n  use: [{category}]\n")
    command = [str(_BUF), "breaking", "new", "--against", "old", "--error-format=json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 100, done.stderr
    lines = (folder / "new" / "p.proto").read_text().splitlines()
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {int(lines[s["start_line"] - 1].split()[1].removeprefix("P")) for s in said}


def _proto(types: Sequence[str]) -> str:
    head = 'syntax = "proto3";\npackage p;\nenum E { E_A = 0; }\nmessage M {}\n'
    return head + "".join(f"message P{n} {{ {t} f = 1; }}\n" for n, t in enumerate(types))
