"""Do names that a generated module needs itself, or that checkers believe in, stay its own?"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from kit.generating.failing import command
from plugwright.python import names
from plugwright_runtime.message import codec


def test_names_that_type_checkers_take_for_true_are_no_variables() -> None:
    assert [names.attribute(name) for name in ("TYPE_CHECKING", "MYPY")] == [
        "TYPE_CHECKING_",
        "MYPY_",
    ]


@pytest.mark.parametrize("name", ["annotations", "lazy_names"])
def test_a_file_called_as_something_in_its_package_can_be_imported(
    name: str, on_path: Path
) -> None:
    proto = f'syntax = "proto3"; package p; message M {{ string {name} = 1; }}'
    (on_path / f"{name}.proto").write_text(proto)
    package = f"reserved_{name}"
    got = command(["generate", "--package", package, "--out", ".", f"{name}.proto"], on_path)
    assert (got.code, got.stderr) == (0, "")
    models: Any = importlib.import_module(f"{package}.models")
    try:
        assert getattr(models.M(**{name: "text"}), name) == "text"
        assert getattr(models, f"{name}_").M is models.M
    finally:
        for module in [m for m in sys.modules if m.partition(".")[0] == package]:
            del sys.modules[module]


BUILTINS = """syntax = "proto3";
package p;
message len { repeated len items = 1; string text = 2; }
message isinstance { oneof kind { string a = 1; len b = 2; } }
message list { repeated string texts = 1; map<string, len> lens = 2; }
message dict { map<string, string> texts = 1; }
message str { string text = 1; }
message bool { bool flag = 1; }
"""


def test_messages_called_as_what_converters_use_are_converted(on_path: Path) -> None:
    (on_path / "a.proto").write_text(BUILTINS)
    package = f"reserved_{len(str(on_path))}_builtins"
    got = command(["generate", "--package", package, "--out", ".", "a.proto"], on_path)
    assert (got.code, got.stderr) == (0, "")
    models: Any = importlib.import_module(f"{package}.models")
    leaf = models.len(text="leaf")
    for model in (
        models.len(items=[leaf, leaf]),
        models.isinstance(kind=models.isinstance.Kind.B(leaf)),
        models.list(texts=["a", "b"], lens={"k": leaf}),
        models.dict(texts={"k": "v"}),
        models.str(text="text"),
        models.bool(flag=True),
    ):
        assert codec.decode(type(model), codec.encode(model)) == model
