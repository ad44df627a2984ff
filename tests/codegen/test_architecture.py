"""Do the modules keep to the layers that the design draws?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.places import ROOT

CODEGEN = ROOT / "codegen" / "plugwright"
RUNTIME = ROOT / "runtime" / "plugwright_runtime"
_DESCRIPTOR_MODULES = {
    "protoc.py",
    "link.py",
    "embedded.py",
    "flags.py",
    "protoc_plugin.py",
    "retention.py",
}


def _sources(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found
    return found


def _imports(path: Path) -> Iterator[str]:
    """The names of all that a module imports, wherever it does; `.x` is a neighbour."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("protos/schema.py", {"..problems"}), ("problems.py", set()), ("python/names.py", set())],
)
def test_foundations_import_nothing_else_of_ours(name: str, allowed: set[str]) -> None:
    assert {i for i in _imports(CODEGEN / name) if i.startswith(".")} <= allowed


def test_nothing_imports_the_cli() -> None:
    for path in _sources(CODEGEN):
        if path.name != "__main__.py":
            assert ".cli" not in set(_imports(path)), path


def test_only_some_modules_know_protobuf() -> None:
    users = {p.name for p in _sources(CODEGEN) if any(i.startswith("google.") for i in _imports(p))}
    assert users <= _DESCRIPTOR_MODULES


@pytest.mark.parametrize(("library", "module"), [("jinja2", "render.py"), ("typer", "cli.py")])
def test_each_library_has_one_user(library: str, module: str) -> None:
    users = {p.name for p in _sources(CODEGEN) if library in set(_imports(p))}
    assert users == {module}


def test_only_one_module_knows_grpc_tools() -> None:
    users = {p.name for p in _sources(CODEGEN) if "grpc_tools" in _code(p)}
    assert users == {"protoc.py"}


def _code(path: Path) -> str:
    """A module without its docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "\n".join(ast.unparse(node) for node in tree.body[1:])


def test_only_commands_print_or_exit() -> None:
    for path in _sources(CODEGEN):
        if path.name in ("cli.py", "running.py", "generating.py", "__main__.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("print", "exit"), path


def test_the_runtime_does_not_know_the_generator() -> None:
    for path in _sources(RUNTIME):
        found = [i for i in _imports(path) if i == "plugwright" or i.startswith("plugwright.")]
        assert found == [], path


def test_templates_are_short() -> None:
    templates = sorted((ROOT / "templates").glob("*.j2"))
    assert templates
    for path in templates:
        assert path.read_text().count("\n") <= 150, path
