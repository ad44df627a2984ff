"""Does what holds in one syntax hold in all? Every case in proto2 and editions 2023 and 2024."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from kit.generating import landmines, syntaxes
from kit.generating.cases import GOOD
from kit.generating.messages import round_trips
from kit.generating.packages import (
    Generated,
    import_failures,
    modules,
    mypy,
    pyright,
    write_package,
)

SYNTAXES = (syntaxes.PROTO2, *syntaxes.EDITIONS)
CASES = {c.name: c for c in GOOD if not (c.folder / "plugwright.toml").exists()}


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """A package for each case and syntax that it is not in, by `syntax case`."""
    root = tmp_path_factory.mktemp("syntaxes")
    scratch = tmp_path_factory.mktemp("sets")
    packages: dict[str, str] = {}
    for case in CASES.values():
        for syntax in SYNTAXES:
            if data := syntaxes.rewritten(case, syntax, scratch):
                found = FileDescriptorSet.FromString(data)
                package = f"{syntax}_{case.name}"
                files = landmines.generate(found, package, scratch)
                write_package(files, package, root)
                packages[f"{syntax} {case.name}"] = package
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield Generated(root, packages)


def test_every_module_imports(rewritten: Generated) -> None:
    assert len(rewritten.packages) > 60
    found = [rewritten.root / package for package in rewritten.packages.values()]
    names = [name for folder in found for name in modules(folder)]
    assert import_failures(rewritten.root, names) == ""


@pytest.fixture(scope="module")
def checked(rewritten: Generated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages whose code is not that of another one, but for its name and for
    descriptors: to a checker, text is text.
    """
    root = tmp_path_factory.mktemp("checked")
    seen: set[tuple[tuple[str, str], ...]] = set()
    for package in rewritten.packages.values():
        folder = rewritten.root / package
        paths = sorted(p for p in folder.rglob("*.py") if p.name != "_descriptors.py")
        texts = (p.read_text(encoding="utf-8").replace(package, "package") for p in paths)
        code = tuple(zip((p.relative_to(folder).as_posix() for p in paths), texts, strict=True))
        if code not in seen:
            seen.add(code)
            shutil.copytree(folder, root / package)
    assert len(seen) > 40
    return root


def test_mypy_strict(checked: Path, tmp_path: Path) -> None:
    assert mypy(checked, tmp_path) == ""


def test_pyright_strict(checked: Path) -> None:
    assert pyright(checked) == ""


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_message_round_trips(syntax: str, rewritten: Generated) -> None:
    counted = 0
    for name in rewritten.packages:
        if name.startswith(syntax):
            counted += round_trips(rewritten.registry(name), examples=6)
    assert counted > 100


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_presence_is_that_of_the_syntax(syntax: str, rewritten: Generated) -> None:
    message = rewritten.registry(f"{syntax} scalars").message("cases.scalars.Scalars")
    assert {getattr(message(), name) for name in message.__field_names__} == {None}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_enums_are_those_of_the_syntax(syntax: str, rewritten: Generated) -> None:
    enum = rewritten.registry(f"{syntax} enums").enum("cases.enums.TeamType")
    codec = rewritten.registry(f"{syntax} enums").codec("cases.enums.Holder")
    assert codec.message.DESCRIPTOR.fields_by_name["team"].enum_type.is_closed == (
        syntax == syntaxes.PROTO2
    )
    assert [member.name for member in enum][:2] == ["UNSPECIFIED", "OPEN"]
