"""Does the JSON Schema of plugwright.toml take what the reader takes, and nothing else?"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from kit.generating.failing import command
from kit.places import ROOT
from plugwright.problems import GenerationError
from plugwright.settings.reader import TABLES, load_alone
from plugwright.settings.schema import schema

_SHIPPED = ROOT / "docs" / "plugwright.schema.json"
_CONFIGS = [
    *sorted(ROOT.glob("proto/*/plugwright.toml")),
    *sorted(ROOT.glob("tests/cases/*/plugwright.toml")),
    *sorted(ROOT.glob("templates/new/sdk/proto/*/plugwright.toml")),
]
_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def _fits(value: Any, rule: dict[str, Any]) -> bool:
    """Whether `value` is as `rule` says: of JSON Schema, as much as ours needs."""
    if "anyOf" in rule and not any(_fits(value, r) for r in rule["anyOf"]):
        return False
    if "type" in rule:
        is_flag = isinstance(value, bool)
        if not isinstance(value, _TYPES[rule["type"]]) or is_flag != (rule["type"] == "boolean"):
            return False
    if isinstance(value, dict):
        return _fits_table(value, rule)
    if isinstance(value, list):
        enough = len(value) >= rule.get("minItems", 0)
        return enough and all(_fits(v, rule.get("items", {})) for v in value)
    if isinstance(value, int | float):
        least, above = rule.get("minimum", value), rule.get("exclusiveMinimum", value - 1)
        return least <= value <= rule.get("maximum", value) and value > above
    return True


def _fits_table(value: dict[str, Any], rule: dict[str, Any]) -> bool:
    if len(value) < rule.get("minProperties", 0) or set(rule.get("required", ())) - value.keys():
        return False
    for key, inner in value.items():
        found = rule.get("properties", {}).get(key)
        patterns = rule.get("patternProperties", {}).items()
        found = found or next((r for p, r in patterns if re.search(p, key)), None)
        found = rule.get("additionalProperties", {}) if found is None else found
        if found is False or not _fits(inner, found):
            return False
    return True


def test_what_ships_is_what_the_command_prints(tmp_path: Path) -> None:
    printed = command(["schema"], tmp_path).stdout
    assert printed == _SHIPPED.read_text()
    assert json.loads(printed) == schema()


@pytest.mark.parametrize("config", _CONFIGS, ids=lambda p: str(p.parent.relative_to(ROOT)))
def test_every_config_here_fits(config: Path) -> None:
    assert _fits(tomllib.loads(config.read_text()), schema())


def _keys() -> list[tuple[str, str]]:
    found = [(t, n.replace("_", "-")) for t, cls in TABLES.items() for n in cls._fields]
    return [*found, ("errors", "S"), ("reuse", "a"), ("sdk", "nobody"), ("nobody", "x")]


_VALUES = ["1", "0", "-1", "2147483648", "0.5", "true", '"a"', "[]", '["a"]', "[1]", "[true]"]
_VALUES += ["{}", '{ a = "b" }', '{ a = ["b"] }', "{ 1 = 2 }", '{ 1 = "a" }', '{ "1" = ["a"] }']


@pytest.mark.parametrize(("table", "key"), _keys(), ids=".".join)
def test_reader_and_schema_agree_on_types(table: str, key: str, tmp_path: Path) -> None:
    file = tmp_path / "plugwright.toml"
    for value in _VALUES:
        package = "" if (table, key) == ("sdk", "package") else 'sdk.package = "mine"\n'
        file.write_text(f"{package}{table}.{key} = {value}\n")
        assert _fits(tomllib.loads(file.read_text()), schema()) == _is_read(file), value


def _is_read(file: Path) -> bool:
    """Whether the reader takes all keys and types: what the values must be besides is not asked."""
    from plugwright.settings import validity

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validity, "check", lambda settings, problems: None)
        try:
            load_alone(file)
        except GenerationError:
            return False
    return True
