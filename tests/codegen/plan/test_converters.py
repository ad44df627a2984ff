"""Do the statements of a converter say which variables they assign, and are those free for it?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.generating.failing import command
from plugwright import generation
from plugwright.plan import plan
from plugwright.plan.conversion import ConvertersPlan
from plugwright.plan.converters import Statements, joined


def planned(folder: Path, messages: str) -> ConvertersPlan:
    """The converters of a proto."""
    (folder / "a.proto").write_text(f'syntax = "proto3";\npackage p.v1;\n{messages}')
    sources = generation.Sources((folder / "a.proto",), (folder,))
    job = generation.zero_config("sdk", folder, sources)
    modules = plan(generation.schema(job, lambda text: None), job.settings).modules
    (found,) = (m.content for m in modules if isinstance(m.content, ConvertersPlan))
    return found


def fields(count: int, declaration: str) -> str:
    return "".join(f"{declaration} f{n} = {n};\n" for n in range(1, count + 1))


@pytest.mark.parametrize(
    ("declaration", "reader", "writer"),
    [
        ("repeated int32", ("x",), ("x",)),
        ("map<int32, int32>", ("x",), ("x", "t", "k", "v")),
        ("repeated M", ("x",), ("x", "t", "v")),
        ("optional M", (), ("x", "t")),
        ("int32", (), ("x",)),
        ("double", (), ()),
    ],
)
def test_a_variable_with_many_assignments_is_declared(
    tmp_path: Path, declaration: str, reader: tuple[str, ...], writer: tuple[str, ...]
) -> None:
    (many,) = planned(tmp_path, f"message M {{ {fields(65, declaration)} }}").converters
    assert (many.read_variables, many.variables) == (reader, writer)
    (few,) = planned(tmp_path, f"message M {{ {fields(64, declaration)} }}").converters
    assert few.read_variables == ()
    assert few.variables == writer[:1]


def test_a_oneof_has_a_variable_of_its_own(tmp_path: Path) -> None:
    oneof = "message M { oneof one { int32 a = 1; M b = 2; } int32 c = 3; }"
    (plan,) = planned(tmp_path, oneof).converters
    assert plan.variables == ("x", "w")


def test_a_name_that_only_ends_like_a_variable_is_none(tmp_path: Path) -> None:
    many = fields(64, "double").replace(" f", " count_t")
    (plan,) = planned(tmp_path, f"message M {{ {many} double t = 65; double k = 66; }}").converters
    assert plan.variables == ()


def test_statements_are_joined_in_order() -> None:
    parts = [Statements(("a = 1",), ("a",)), Statements(("pass",)), Statements(("b = 2",), ("b",))]
    assert joined(parts) == Statements(("a = 1", "pass", "b = 2"), ("a", "b"))


@pytest.mark.parametrize("name", [*"moxtkvhweu"])
def test_an_enum_or_message_may_be_called_as_a_variable(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.proto").write_text(f"""syntax = "proto3";
package p.v1;
import "google/protobuf/any.proto";
message {name} {{
  {name} inner = 1;
  map<string, {name}> many = 2;
  repeated {name} some = 3;
  oneof one {{ {name} first = 4; google.protobuf.Any second = 5; }}
  optional {name} maybe = 6;
}}
""")
    outcome = command(["generate", "--package", f"sdk_{name}", "--out", "out", "a.proto"], tmp_path)
    assert outcome.stderr == ""
    text = outcome.after[f"out/sdk_{name}/_convert/a.py"].decode()
    assert f"\ndef read_{name}(m: Any" in text
    assert f"import {name}\n" not in text
