"""Is what comes out of every case sound? It parses, is formatted, imports, type-checks, and no
message loses a bit on its way through a model."""

from __future__ import annotations

import ast
import dataclasses
import typing
from pathlib import Path

import black
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.generating.cases import GOOD, Case, by_name
from kit.generating.messages import always_the_same, round_trips
from kit.generating.packages import Generated, import_failures, modules, mypy, pyright
from plugwright_runtime.errors import DecodeError
from plugwright_runtime.message import codec

# Modules that are the same in every case, or data.
_UNINTERESTING = ("_descriptors.py", "google_protobuf_", "_convert/__init__.py")


@pytest.mark.parametrize(**by_name(GOOD))
def test_parses_and_black_agrees(case: Case) -> None:
    for file in case.generate():
        if not file.path.endswith(".py"):
            continue
        ast.parse(file.text)
        if not any(part in file.path for part in _UNINTERESTING):
            assert black.format_str(file.text, mode=black.Mode()) == file.text, file.path


def test_every_module_imports_first_without_a_warning(all_generated: Generated) -> None:
    names = [m for p in all_generated.packages.values() for m in modules(all_generated.root / p)]
    assert import_failures(all_generated.root, names) == ""
    assert import_failures(all_generated.root, reversed(names)) == ""


def test_mypy_strict(all_generated: Generated, tmp_path: Path) -> None:
    assert mypy(all_generated.root, tmp_path) == ""


def test_pyright_strict(all_generated: Generated) -> None:
    assert pyright(all_generated.root) == ""


@pytest.mark.parametrize(**by_name(GOOD))
def test_round_trips(case: Case, generated: Generated) -> None:
    assert round_trips(generated.registry(case.name), examples=12)


@pytest.mark.parametrize(**by_name(GOOD))
def test_any_bytes_are_a_message_or_an_error(case: Case, generated: Generated) -> None:
    registry = generated.registry(case.name)
    for name in registry.messages():
        model = registry.message(name)
        message = registry.codec(name).message
        if message.DESCRIPTOR.GetOptions().message_set_wire_format:
            continue  # protobuf shows only the items of one, not other fields in it

        @always_the_same(12)
        @given(st.binary(max_size=40))
        def decode(data: bytes) -> None:
            try:
                found = codec.decode(model, data)
            except DecodeError:
                return
            same = message.FromString(data)
            wanted = message.SerializePartialToString(same, deterministic=True)
            written = codec.to_message(found)
            got = type(written).SerializePartialToString(written, deterministic=True)
            assert got == wanted

        decode()


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
@pytest.mark.parametrize(**by_name(GOOD))
def test_models_are_dataclasses_with_types(case: Case, generated: Generated) -> None:
    registry = generated.registry(case.name)
    for name in registry.messages():
        model = registry.message(name)
        hints = typing.get_type_hints(model)
        assert typing.get_type_hints(model.__init__)
        fields = dataclasses.fields(model)
        assert [f.name for f in fields] == list(model.__field_names__)
        assert set(model.__field_names__) <= set(hints)
        required = [f for f in fields if f.default is f.default_factory]
        if not required:
            assert model() == model()
            assert dataclasses.replace(model()) == model()
            assert set(dataclasses.asdict(model())) == set(model.__field_names__)
