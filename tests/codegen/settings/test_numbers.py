"""Is every number of a plugwright.toml a number in range, before anything is made of it?"""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import pytest
from kit.generating.failing import command
from plugwright.settings.tables import Settings

PROTO = 'syntax = "proto3"; package t; message N {} service Host { rpc Ask(N) returns (N); }'
TABLES = {n: t for n, t in get_type_hints(Settings).items() if hasattr(t, "_fields")}
NUMBERS = [
    (table, name.replace("_", "-"), kind)
    for table, cls in TABLES.items()
    for name, kind in get_type_hints(cls).items()
    if kind in (int, float)
]
MOST = 2**31 - 1


def stderr(folder: Path, table: str, key: str, value: str) -> str:
    sdk = '[sdk]\npackage = "sdk"\nout = "."\n[api]\nservice = "Host"\n'
    header = "" if table == "api" else f"[{table}]\n"
    (folder / "a.proto").write_text(PROTO)
    (folder / "plugwright.toml").write_text(f"{sdk}{header}{key} = {value}\n")
    return command(["generate", "plugwright.toml"], folder).stderr


def test_there_are_some() -> None:
    assert ("api", "timeout", float) in NUMBERS
    assert ("launch", "max-message-bytes", int) in NUMBERS


@pytest.mark.parametrize(("table", "key", "kind"), NUMBERS, ids=str)
@pytest.mark.parametrize("value", ["true", "false", "0", "-1", '"1"', f"{MOST + 1}", "[1]"])
def test_what_is_no_number_in_range_is_refused_where_it_stands(
    tmp_path: Path, table: str, key: str, kind: type, value: str
) -> None:
    said = stderr(tmp_path, table, key, value)
    expected = f"a number from 1 to {MOST}" if kind is int else "a number greater than 0"
    [line] = [line for line in said.splitlines() if expected in line]
    assert line.startswith("plugwright.toml:")
    assert key in line


@pytest.mark.parametrize(("table", "key", "kind"), NUMBERS, ids=str)
@pytest.mark.parametrize("value", ["1", f"{MOST}"])
def test_the_ends_of_the_range_belong_to_it(
    tmp_path: Path, table: str, key: str, kind: type, value: str
) -> None:
    assert "must be a number" not in stderr(tmp_path, table, key, value)


def test_whole_numbers_are_no_fractions(tmp_path: Path) -> None:
    assert "must be a number" in stderr(tmp_path, "launch", "max-message-bytes", "1.5")
    assert stderr(tmp_path, "api", "timeout", "0.5") == ""
