"""Can a descriptor set harm whoever generates from it? A broken one is an error or sound code;
nothing in it is run, and nothing is written outside the folder that was named."""

from __future__ import annotations

import ast
import functools
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    FileOptions,
)
from hypothesis import example, given
from hypothesis import strategies as st
from kit.generating.cases import GOOD, descriptor_set
from kit.generating.messages import always_the_same
from kit.generating.packages import modules
from plugwright.output import disk
from plugwright.output.render import render
from plugwright.output.source import SourceFile
from plugwright.plan import plan
from plugwright.problems import GenerationError
from plugwright.protos.link import link
from plugwright.settings.tables import Sdk, Settings

_F = FieldDescriptorProto
_NAMES = (
    *("", " ", "a", "a.b", ".a", "a..b", "...", "a-b", "1a", "_", "é", "x" * 400),
    *("class", "None", "__init__", "../../up", "/abs/path", "C:\\x", "{{ canary() }}"),
    *('"; canary(); "', "'\ncanary()\n'", '"""\ncanary()\n"""', "x\x00y", "\\", "inf"),
    *("1e999", "-1", "google/protobuf/any.proto", "\u202e", "\ufeff", "\u2028"),
)


def _generate(descriptors: bytes) -> tuple[SourceFile, ...]:
    schema = link(descriptors, None, "set")
    return render(plan(schema, Settings(sdk=Sdk(package="fuzz"))))


def _check(files: tuple[SourceFile, ...]) -> None:
    """Every path is one below the package, every module parses, and no canary is called."""
    for file in files:
        assert file.path.startswith("fuzz/")
        assert not {"", ".", ".."} & set(file.path.split("/"))
        assert file.path.isascii()
        assert file.path.isprintable()
        if file.path.endswith(".py"):
            names = {getattr(n, "id", "") for n in ast.walk(ast.parse(file.text))}
            assert "canary" not in names


# -------------------------------------------------------------------------- broken descriptors


@functools.cache
def _sets(folder: Path) -> list[FileDescriptorSet]:
    """The descriptors of every good case."""
    found = []
    for case in GOOD:
        names = [p.relative_to(case.folder).as_posix() for p in case.protos]
        descriptor_set(case.folder, names, folder / "set.binpb")
        data = (folder / "set.binpb").read_bytes()
        found.append(FileDescriptorSet.FromString(data))
    return found


@pytest.mark.parametrize("harm", ["elements", "bytes"])
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_a_broken_set_is_an_error_or_gives_sound_code(
    start: int, harm: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sets = _sets(tmp_path_factory.getbasetemp())
    for seed in range(start, start + 100):
        chosen = random.Random(seed)
        broken = FileDescriptorSet()
        broken.CopyFrom(chosen.choice(sets))
        if harm == "elements":
            for _ in range(chosen.choice((1, 1, 1, 2, 3))):
                _break(broken, chosen)
        data = bytearray(broken.SerializeToString())
        if harm == "bytes":
            for _ in range(chosen.choice((1, 2, 4))):
                data[chosen.randrange(len(data))] = chosen.choice((0, 0x80, 0xC3, 0xFF))
        try:
            _check(_generate(bytes(data)))
        except GenerationError:
            continue
        except Exception as error:
            raise AssertionError(f"the set of seed {seed} fails in another way") from error


def _break(descriptors: FileDescriptorSet, chosen: random.Random) -> None:
    """Clear, set, add, double or remove one thing anywhere in `descriptors`."""
    message, field = chosen.choice(list(_places(descriptors)))
    if chosen.random() < 0.15:
        message.ClearField(field.name)
    elif field.message_type is None:
        value = _value(field, chosen)
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
    elif not field.is_repeated:
        getattr(message, field.name).SetInParent()
    elif not (items := getattr(message, field.name)):
        items.add()
    elif chosen.random() < 0.6:
        items.add().CopyFrom(chosen.choice(list(items)))
    else:
        del items[chosen.randrange(len(items))]


def _places(message: Any) -> Iterator[tuple[Any, Any]]:
    for field in message.DESCRIPTOR.fields:
        yield message, field
        if field.message_type is None:
            continue
        if field.is_repeated:
            for item in getattr(message, field.name):
                yield from _places(item)
        elif message.HasField(field.name):
            yield from _places(getattr(message, field.name))


def _value(field: Any, chosen: random.Random) -> Any:
    if field.enum_type is not None:
        return chosen.choice(field.enum_type.values).number
    if field.cpp_type == field.CPPTYPE_BOOL:
        return chosen.random() < 0.5
    if field.type in (_F.TYPE_STRING, _F.TYPE_BYTES):
        text = chosen.choice(_NAMES)
        return text if field.type == _F.TYPE_STRING else text.encode()
    if field.cpp_type in (field.CPPTYPE_UINT64, field.CPPTYPE_UINT32):
        return chosen.choice((0, 1, 19000, 2**32 - 1))
    return chosen.choice((0, 1, -1, 2, 100, 19000, 2**29 - 1, 2**31 - 1, -(2**31)))


# -------------------------------------------------------------------------- texts


def _set(text: str, name: str = "f.proto") -> bytes:
    """A descriptor set of one file with `text` wherever a descriptor can have any text."""
    file = FileDescriptorProto(name=name, package="f", syntax="proto2")
    for option in FileOptions.DESCRIPTOR.fields:
        if option.type == _F.TYPE_STRING:
            setattr(file.options, option.name, text)
    message = file.message_type.add(name="AskRequest")
    texts = {"text": _F.TYPE_STRING, "blob": _F.TYPE_BYTES}
    for number, (field, kind) in enumerate(texts.items(), 1):
        added = message.field.add(name=field, number=number, type=kind, label=1)
        added.json_name = text + field
        default = text if kind == _F.TYPE_STRING else _escaped(text)
        added.default_value = default
    file.enum_type.add(name="E").value.add(name="E_ZERO", number=0)
    service = file.service.add(name="S")
    service.method.add(name="Ask", input_type=".f.AskRequest", output_type=".f.AskRequest")
    custom = b"\x8a\xb5\x18" + _length(text.encode()) + text.encode()  # number 50001
    for options in (
        message.options,
        message.field[0].options,
        file.enum_type[0].options,
        file.enum_type[0].value[0].options,
        service.options,
        service.method[0].options,
    ):
        options.MergeFromString(custom)
    for path in (
        [12],
        [4, 0],
        [4, 0, 2, 0],
        [5, 0],
        [5, 0, 2, 0],
        [6, 0],
        [6, 0, 2, 0],
    ):
        place = file.source_code_info.location.add(path=path, span=[0, 0, 1])
        place.leading_comments = text
        place.trailing_comments = text
        place.leading_detached_comments.append(text)
    return FileDescriptorSet(file=[file]).SerializeToString()


def _escaped(text: str) -> str:
    """How descriptors write the default of a bytes field."""
    return "".join(f"\\{byte:03o}" for byte in text.encode())


def _length(data: bytes) -> bytes:
    return bytes([len(data) & 127 | 128, len(data) >> 7])


def _shape(text: str) -> str:
    """The syntax tree with all constants alike, and without docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [n for n in body if not _is_text(n)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            node.value = type(node.value).__name__
    return ast.dump(tree)


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _shapes(text: str) -> dict[str, str]:
    files = _generate(_set(text))
    _check(files)
    return {f.path: _shape(f.text) for f in files if f.path.endswith(".py")}


_PLAIN = _shapes("plain")
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_PIECES = st.lists(st.sampled_from(_NAMES) | _TEXT, max_size=5).map("".join)


@always_the_same(150)
@given(_PIECES.filter(lambda text: "\x00" not in text))
@example('"""; canary(); """')
@example("{{ canary() }}{% for x in canary() %}")
@example("\\")
def test_no_text_changes_what_the_code_does(text: str) -> None:
    if len(text.encode()) < 4000:
        assert _shapes(text) == _PLAIN


def test_importing_hostile_code_runs_nothing_of_it(tmp_path: Path) -> None:
    payloads = [n for n in _NAMES if "canary" in n]
    for number, payload in enumerate(payloads):
        files = _generate(_set(payload))
        disk.write(tmp_path / str(number), files, lambda text: None)
    program = "import builtins, importlib, os, sys\n"
    program += "builtins.canary = lambda: os._exit(3)\n"
    program += "sys.path.insert(0, sys.argv[1])\n"
    program += "for name in sys.argv[2:]: importlib.import_module(name)\n"
    program += "import fuzz\n"
    program += "for name in fuzz.registry.messages(): repr(fuzz.registry.message(name)())\n"
    for number in range(len(payloads)):
        root = tmp_path / str(number)
        command = [sys.executable, "-c", program, str(root), *modules(root / "fuzz")]
        subprocess.run(command, check=True)


# -------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "name",
    [
        *(f"{name}.proto" for name in _NAMES if "\x00" not in name),
        *("../up.proto", "a/../../up.proto", "~/x.proto", "..", ".", "/", "con.proto"),
    ],
)
def test_no_file_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    root = tmp_path / "one" / "two"
    try:
        files = _generate(_set("x", name))
        _check(files)
        disk.write(root, files, lambda text: None)
    except GenerationError:
        pass
    written = {p for p in tmp_path.rglob("*") if p.is_file()}
    assert all(p.is_relative_to(root / "fuzz") for p in written)
    for path in written:
        if path.suffix == ".py":
            compile(path.read_text(encoding="utf-8"), str(path), "exec")
