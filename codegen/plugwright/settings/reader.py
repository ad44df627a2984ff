"""How does a `plugwright.toml` become `Settings`?

Unknown keys and values of the wrong type are problems that list what is known. That a *pattern*
matches something is checked where it is used (`patterns`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..problems import Location, Problems, fail, shown
from . import extras, validity
from .tables import Api, Error, Fields, Hooks, Launch, Parameters, Protos, Sdk, Select, Settings

CONFIG_NAME = "plugwright.toml"

TABLES: Mapping[str, type[Any]] = {
    "sdk": Sdk,
    "protos": Protos,
    "select": Select,
    "error": Error,
    "api": Api,
    "hooks": Hooks,
    "launch": Launch,
    "parameters": Parameters,
    "fields": Fields,
}


def load(path: Path) -> Settings:
    """The settings of one `plugwright.toml`. Raises GenerationError with all its problems."""
    return _with_extras(load_alone(path))


def load_alone(path: Path) -> Settings:
    """The same without a look at other files: hand-written modules and guide may be elsewhere."""
    file = str(path)
    if path.suffix == ".proto":
        text = f"no config; name its {CONFIG_NAME}, or use --package and --out"
        raise fail(Location(file), text)
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise fail(Location(file), f"cannot be read: {error.strerror}") from None
    except ValueError as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise fail(_toml_place(file, str(error)), f"not valid TOML: {error}") from None
    except RecursionError:
        raise fail(Location(file), "nests too deep; put less into each other") from None
    reader = _Reader(file, text)
    tables = reader.settings(data)
    reader.problems.raise_if_any()
    settings = Settings(**tables, file=file, root=path.parent, lines=reader.lines)
    validity.check(settings, reader.problems)
    reader.problems.raise_if_any()
    return settings


def _with_extras(settings: Settings) -> Settings:
    sdk = settings.sdk
    if sdk.guide:
        text = extras.read_guide(settings.root, sdk.guide, settings.where("sdk.guide"))
        settings = settings._replace(guide=text)
    extras.check(settings)
    return extras.copied(settings) if sdk.copy_extras else settings


class _Reader:
    """Turns the tables of one file into settings; `problems` collects what is wrong with them."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = _key_places(file, text)
        self.problems = Problems()

    def settings(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of `Settings` that the file has tables for."""
        found: dict[str, Any] = {}
        for name, value in self._known(data, [*TABLES, "errors", "reuse"], ""):
            if name == "errors":
                found[name] = self._tables(Error, value, name)
            elif name == "reuse":
                found[name] = self._texts(value, name)
            else:
                found[name] = self._table(TABLES[name], value, name)
        return found

    def _wrong(self, key: str, text: str) -> None:
        self.problems.add(self.lines.get(key, Location(self.file)), text)

    def _known(
        self, data: Mapping[str, Any], known: Iterable[str], table: str
    ) -> Iterator[tuple[str, Any]]:
        names = sorted(known)
        for key, value in data.items():
            if key.replace("-", "_") in names and "_" not in key:
                yield key, value
                continue
            spelled = [n.replace("_", "-") for n in names]
            what = f"key {key!r} in [{table}]" if table else f"table [{key}]"
            path = f"{table}.{key}" if table else key
            self._wrong(path, f"unknown {what}; {_meant(key, spelled)}")

    def _table(self, cls: type[Any], data: Any, name: str) -> Any:
        if not isinstance(data, dict):
            self._wrong(name, f"[{name}] must be a table")
            return cls()
        hints: Mapping[str, Any] = cls.__annotations__
        types = {n: getattr(h, "__forward_arg__", h) for n, h in hints.items()}
        values: dict[str, Any] = {}
        for key, value in self._known(data, types, name):
            attribute = key.replace("-", "_")
            converted, expected = _convert(value, str(types[attribute]))
            if expected:
                text = f"{key} must be {expected}, got {shown(value)}"
                self._wrong(f"{name}.{key}", text)
            else:
                values[attribute] = converted
        return cls(**values)

    def _tables(self, cls: type[Any], data: Any, name: str) -> dict[str, Any]:
        """The tables [NAME.KEY] by their key, which is free."""
        if not isinstance(data, dict):
            self._wrong(name, f"[{name}] must hold tables")
            return {}
        found = {}
        for key, value in data.items():
            path = f"{name}.{key}"
            if isinstance(value, dict):
                found[key] = self._table(cls, value, path)
            else:
                text = f"as in [{name}.SERVICE]; put {key!r} into one"
                self._wrong(path, f"[{name}] holds tables, {text}")
        return found

    def _texts(self, data: Any, name: str) -> dict[str, str]:
        """A table whose keys are free and whose values are texts."""
        converted, expected = _convert(data, "Mapping[str, str]")
        if expected:
            self._wrong(name, f"[{name}] must be {expected}")
        return converted or {}


def _meant(key: str, known: Sequence[str]) -> str:
    """What to write instead of `key`: what looks like it, or else all that there is."""
    from difflib import get_close_matches  # seldom wanted

    near = get_close_matches(key.replace("_", "-"), known, 3)
    return f"did you mean {' or '.join(near)}?" if near else f"known are: {', '.join(known)}"


MOST = 2**31 - 1


def _convert(value: Any, declared: str) -> tuple[Any, str]:
    """(value as declared, "") or (None, what was expected)."""
    if declared == "str":
        return (value, "") if isinstance(value, str) else (None, "a string")
    if declared == "bool":
        return (value, "") if isinstance(value, bool) else (None, "true or false")
    if declared == "int":
        number = isinstance(value, int) and not isinstance(value, bool)
        if number and 0 < value <= MOST:
            return value, ""
        return None, f"a number from 1 to {MOST}"
    if declared == "float":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and 0 < value <= MOST:
            return float(value), ""
        return None, "a number greater than 0"
    if declared == "Versions":
        versions = _versions(value)
        return versions, (
            "" if versions else "a list of numbers from 0, or a table of their services"
        )
    if declared == "Names":
        names = [value] if isinstance(value, str) else value
        return (tuple(names), "") if _is_strings(names) else (None, "a string, or a list of them")
    if declared.startswith("tuple"):
        return (tuple(value), "") if _is_strings(value) else (None, "a list of strings")
    if not isinstance(value, dict):
        return None, "a table"
    if "tuple" in declared:
        if all(_is_strings(v) for v in value.values()):
            return {k: tuple(v) for k, v in value.items()}, ""
        return None, "a table of lists of strings"
    if "Any" not in declared and not all(isinstance(v, str) for v in value.values()):
        return None, "a table of strings"
    return value, ""


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_numbers(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(type(v) is int and 0 <= v <= MOST for v in value)
    )


def _versions(value: Any) -> dict[int, tuple[str, ...]] | None:
    """The services of each version; None if it is none of those."""
    if _is_numbers(value):
        return dict.fromkeys(value, ())
    if not isinstance(value, dict):
        return None
    found: dict[int, tuple[str, ...]] = {}
    for key, services in value.items():
        names, fault = _convert(services, "Names")
        if fault or not (key.isascii() and key.isdigit() and len(key) < 10):
            return None
        found[int(key)] = names
    return found


_HEADER = re.compile(r"^\s*\[([^\[\]]+)\]")
_KEY = re.compile(r"""^\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+(?:\.[\w-]+)*)\s*=""")


def _key_places(file: str, text: str) -> dict[str, Location]:
    """Where each table and key of a TOML text stands (tomllib does not say)."""
    places: dict[str, Location] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[1].strip().replace('"', "").replace("'", "")
            places.setdefault(table, Location(file, number, header.start(1) + 1))
        elif key := _KEY.match(line):
            name = key[1].strip("\"'")
            path = f"{table}.{name}" if table else name
            places.setdefault(path, Location(file, number, key.start(1) + 1))
    return places


def _toml_place(file: str, error: str) -> Location:
    found = re.search(r"line (\d+), column (\d+)", error)
    return Location(file, int(found[1]), int(found[2])) if found else Location(file)
