"""What is configured? `plugwright.toml` (or the zero-config flags) in, frozen `Settings` out.

Conventions come first; a setting exists only for what they cannot know. Unknown keys and values
of the wrong type are errors that list what is known. That a *pattern* matches something is
checked where it is used: `Patterns` remembers which of its entries were hit.
"""

from __future__ import annotations

import fnmatch
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from . import names
from .extras import Extra, check_exports, read_extras
from .problems import Location, Problems, fail

CONFIG_NAME = "plugwright.toml"


@dataclass(frozen=True, slots=True)
class Sdk:
    """The package that comes out.

    `out`: folder of its pyproject.toml, relative to the config. `extras`: folder of hand-written
    modules that become part of it; `exports`: name in its root -> the extra module that has it.
    """

    package: str = ""
    distribution: str = ""
    version: str = "0.1.0"
    summary: str = ""
    title: str = ""
    out: str = "."
    extras: str = ""
    exports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Protos:
    """`files`: globs of the protos to generate; `path`: import roots. Relative to the config."""

    files: tuple[str, ...] = ("**/*.proto",)
    path: tuple[str, ...] = (".",)


@dataclass(frozen=True, slots=True)
class Error:
    """The embedded error: responses that have `field` of type `message` can fail with it."""

    message: str = ""
    field: str = "error"


@dataclass(frozen=True, slots=True)
class Api:
    """The service that plugins call.

    `domains`: mixin name -> RPC patterns; an RPC that matches none joins the domain of the RPC
    declared above it. `nullable`: RPCs whose payload may be unset. `target_env`: the variable
    with the address. `timeout`: default deadline of a call, seconds.
    """

    service: str = ""
    client: str = ""
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nullable: tuple[str, ...] = ()
    target_env: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Hooks:
    """The service that plugins serve.

    `omit`: request fields handlers never see. `implemented`: the RPC the runtime answers itself.
    `modified`, `rejected`: response fields that carry a changed entity and a refusal.
    `dismiss`: RPC -> the reason that drops an entity silently. `timeout`: seconds per call;
    `timeout_env`: the variable that overrides it. `startup`, `shutdown`: the hooks a host calls
    first and last, for the test harness.
    """

    service: str = ""
    omit: tuple[str, ...] = ()
    implemented: str = ""
    modified: str = "modified_*"
    rejected: str = "rejection_reason"
    dismiss: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0
    timeout_env: str = ""
    startup: tuple[str, ...] = ()
    shutdown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Launch:
    """How the host starts a plugin: without this table the SDK has no `run_plugin`.

    `style`: "go-plugin" (the only one there is). `cookie_key`, `cookie_value`: the environment
    variable by which a plugin knows that a host started it. `versions`: application protocol
    versions. `log_level_envs`: variables that may name the log level, the first one set wins.
    `id_env`, `path_env`: the variables with the plugin's id and folder.
    """

    style: str = ""
    cookie_key: str = ""
    cookie_value: str = ""
    versions: tuple[int, ...] = (1,)
    log_level_envs: tuple[str, ...] = ()
    id_env: str = ""
    path_env: str = ""


@dataclass(frozen=True, slots=True)
class Parameters:
    """`defaults`: `Message.field` pattern -> default; the last pattern that matches wins."""

    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fields:
    """`Message.field` patterns: `json` = JSON text in bytes; `secret` = hidden in `repr`."""

    json: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is configured, with the extra modules; `file` and `lines` say where, for errors."""

    sdk: Sdk = Sdk()
    protos: Protos = Protos()
    error: Error = Error()
    api: Api = Api()
    hooks: Hooks = Hooks()
    launch: Launch = Launch()
    parameters: Parameters = Parameters()
    fields: Fields = Fields()
    extras: tuple[Extra, ...] = ()
    file: str = ""
    root: Path = Path()
    lines: Mapping[str, Location] = field(default_factory=dict)

    def where(self, key: str) -> Location:
        """Where `table.key` is set; the file as a whole if that is not known."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key, Location(self.file))


_TABLES: Mapping[str, type[Any]] = {
    "sdk": Sdk,
    "protos": Protos,
    "error": Error,
    "api": Api,
    "hooks": Hooks,
    "launch": Launch,
    "parameters": Parameters,
    "fields": Fields,
}


def load(path: Path) -> Settings:
    """The settings of one `plugwright.toml`. Raises GenerationError with all its problems."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise fail(Location(file), f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise fail(_toml_place(file, str(error)), f"not valid TOML: {error}") from None
    lines = _key_places(file, text)
    problems = Problems()
    tables = {
        name: _table(_TABLES[name], value, name, lines, file, problems)
        for name, value in _known(data, _TABLES, "", lines, file, problems)
    }
    problems.raise_if_any()
    settings = Settings(**tables, file=file, root=path.parent, lines=lines)
    if not names.is_package(settings.sdk.package):
        text = 'names no Python package; set `package` in [sdk], as in package = "my_plugin"'
        raise fail(settings.where("sdk.package"), text)
    return _with_extras(settings)


def _with_extras(settings: Settings) -> Settings:
    sdk = settings.sdk
    if not sdk.extras and not sdk.exports:
        return settings
    found = read_extras(settings.root, sdk.extras, settings.where("sdk.extras"))
    places = {name: settings.where(f"sdk.exports.{name}") for name in sdk.exports}
    problems = Problems()
    check_exports(found, sdk.exports, places, problems)
    problems.raise_if_any()
    return replace(settings, extras=found)


def _known(
    data: Mapping[str, Any],
    known: Iterable[str],
    table: str,
    lines: Mapping[str, Location],
    file: str,
    problems: Problems,
) -> Iterable[tuple[str, Any]]:
    names = sorted(known)
    for key, value in data.items():
        if key.replace("-", "_") in names and "_" not in key:
            yield key, value
            continue
        path = f"{table}.{key}" if table else key
        spelled = ", ".join(n.replace("_", "-") for n in names)
        what = f"key {key!r} in [{table}]" if table else f"table [{key}]"
        problems.add(
            lines.get(path, Location(file)), f"unknown {what}; known are: {spelled}"
        )


def _table(
    cls: type[Any],
    data: Any,
    name: str,
    lines: Mapping[str, Location],
    file: str,
    problems: Problems,
) -> Any:
    if not isinstance(data, dict):
        problems.add(lines.get(name, Location(file)), f"[{name}] must be a table")
        return cls()
    types = {f.name: f.type for f in fields(cls)}
    values: dict[str, Any] = {}
    for key, value in _known(data, types, name, lines, file, problems):
        attribute = key.replace("-", "_")
        converted, expected = _convert(value, str(types[attribute]))
        if expected:
            place = lines.get(f"{name}.{key}", Location(file))
            problems.add(place, f"{key} must be {expected}, got {value!r}")
        else:
            values[attribute] = converted
    return cls(**values)


def _convert(value: Any, declared: str) -> tuple[Any, str]:
    """(value as declared, "") or (None, what was expected)."""
    if declared == "str":
        return (value, "") if isinstance(value, str) else (None, "a string")
    if declared == "float":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and 0 < value < math.inf:
            return float(value), ""
        return None, "a number greater than 0"
    if declared == "tuple[int, ...]":
        return (
            (tuple(value), "")
            if _is_numbers(value)
            else (None, "a list of numbers from 0")
        )
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
        and all(type(v) is int and v >= 0 for v in value)
    )


_HEADER = re.compile(r"^\s*\[([^\[\]]+)\]")
_KEY = re.compile(r"""^\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+(?:\.[\w-]+)*)\s*=""")


def _key_places(file: str, text: str) -> dict[str, Location]:
    """Where each table and key of a TOML text stands (tomllib does not say)."""
    places: dict[str, Location] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[1].strip()
            places.setdefault(table, Location(file, number, header.start(1) + 1))
        elif key := _KEY.match(line):
            name = key[1].strip("\"'")
            path = f"{table}.{name}" if table else name
            places.setdefault(path, Location(file, number, key.start(1) + 1))
    return places


def _toml_place(file: str, error: str) -> Location:
    found = re.search(r"line (\d+), column (\d+)", error)
    return Location(file, int(found[1]), int(found[2])) if found else Location(file)


_GLOB = re.compile(r"[*?\[]")


class Patterns:
    """Glob patterns with a value each; the last that matches wins; knows which never matched."""

    def __init__(self, entries: Mapping[str, Any] | Iterable[str]) -> None:
        items = (
            entries.items()
            if isinstance(entries, Mapping)
            else ((e, True) for e in entries)
        )
        self._entries = list(items)
        self._unused = {pattern for pattern, _ in self._entries}
        # `*.name` and names without a glob, nearly all there are, are looked up; the rest match.
        self._known: dict[str, list[int]] = {}
        self._globs: list[tuple[int, re.Pattern[str]]] = []
        for i, (pattern, _) in enumerate(self._entries):
            if _GLOB.search(pattern.removeprefix("*.")):
                self._globs.append((i, re.compile(fnmatch.translate(pattern))))
            else:
                self._known.setdefault(pattern, []).append(i)

    def find(self, name: str) -> tuple[Any, str] | None:
        """(value, pattern) of the last pattern that matches `name`, or None."""
        matching = [i for i, regex in self._globs if regex.match(name)]
        matching += self._known.get(name, ())
        _, dot, last = name.rpartition(".")
        if dot:
            matching += self._known.get(f"*.{last}", ())
        if not matching:
            return None
        self._unused.difference_update(self._entries[i][0] for i in matching)
        pattern, value = self._entries[max(matching)]
        return value, pattern

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def report_unused(
        self,
        problems: Problems,
        settings: Settings,
        key: str,
        candidates: Iterable[str],
    ) -> None:
        """A problem for each pattern that matched nothing, with what it could have matched."""
        known: list[str] | None = None
        for pattern in sorted(self._unused):
            known = sorted(set(candidates)) if known is None else known
            shown = ", ".join(known[:12]) + (
                f" … ({len(known)} in all)" if len(known) > 12 else ""
            )
            where = settings.lines.get(f"{key}.{pattern}", settings.where(key))
            problems.add(
                where, f"{pattern!r} in {key} matches nothing; there are: {shown}"
            )
