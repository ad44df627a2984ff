"""Does the runtime have every name that generated code takes from it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from kit.places import ROOT
from plugwright.python import runtime
from plugwright.python.symbols import Symbol

TABLE = ROOT / "codegen" / "plugwright" / "python" / "runtime.py"


def _constants() -> Iterator[tuple[str, Symbol]]:
    for name, value in vars(runtime).items():
        if isinstance(value, Symbol):
            yield name, value
    yield from ((s.name, s) for s in (*runtime.STATUS_ERRORS, *runtime.VALUE_ERRORS, *runtime.HTTP))


CONSTANTS = dict(_constants())


@pytest.mark.parametrize("name", CONSTANTS)
def test_the_runtime_has(name: str) -> None:
    symbol = CONSTANTS[name]
    assert symbol.name == name
    assert hasattr(import_module(symbol.module), name), f"no {name} in {symbol.module}"


def test_the_table_has_the_names_of_a_whole_sdk() -> None:
    assert len(CONSTANTS) > 100


def _sources() -> list[Path]:
    modules = (ROOT / "codegen").rglob("*.py")
    return [p for p in (*modules, *(ROOT / "templates").glob("*.j2")) if p != TABLE]


def test_nothing_else_spells_a_module_of_the_runtime() -> None:
    # The version of both, the exceptions that a site about an SDK documents, and where it is.
    own = re.compile(
        f'from {runtime.PACKAGE} import (__version__|errors)|sys.modules."{runtime.PACKAGE}"'
    )
    texts = {p: own.sub("", p.read_text(encoding="utf-8")) for p in _sources()}
    assert [str(p) for p, text in texts.items() if runtime.PACKAGE in text] == []


def test_every_constant_is_used() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in _sources())
    used = set(re.findall(r"\bruntime\.(\w+)", text))
    own = {name for name, value in vars(runtime).items() if isinstance(value, Symbol)}
    assert own - used == set()
