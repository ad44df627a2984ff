"""What is a user told of a name that several modules of an SDK have?"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from kit.generating.failing import command

PROTO = 'syntax = "proto3"; package {package}; message Same {{}} message {name} {{ Same s = 1; }}'


@pytest.fixture
def made(on_path: Path) -> str:
    """Generates the package `shared_names`; what is said of it."""
    for package, name in (("first", "One"), ("second", "Two")):
        (on_path / f"{package}.proto").write_text(PROTO.format(package=package, name=name))
    words = ["generate", "--package", "shared_names", "--out", ".", "first.proto", "second.proto"]
    outcome = command(words, on_path)
    assert outcome.code == 0
    return outcome.stderr


def test_whoever_generates_it_and_whoever_imports_it_is_told(made: str) -> None:
    assert made == (
        "shared_names.models: several modules have Same; import from one, as "
        "`from shared_names.models.first import Same`\n"
    )
    models = importlib.import_module("shared_names.models")
    assert models.One.__proto__ == "first.One"
    assert "Same" not in dir(models)
    both = "Same is in shared_names.models.first and in shared_names.models.second: import it from"
    with pytest.raises(ImportError, match=both):
        exec("from shared_names.models import Same", {})
    with pytest.raises(ImportError, match="cannot import name 'Some'"):
        exec("from shared_names.models import Some", {})
