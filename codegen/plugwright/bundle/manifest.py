"""What does a plugin's manifest say, and would a server take it? `plugin.json` in, `Manifest` out.

The rules are those of a Mattermost server, which refuses a bundle over them after the upload; here
each problem is found before, with its line. Keys that are not looked at stay as they are.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..problems import Location, Problems, fail

NAME = "plugin.json"

_ID = re.compile(r"[a-zA-Z0-9._-]{3,190}")
_NUMBER = r"(?:0|[1-9]\d*)"
_PART = rf"(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
_PLATFORM = re.compile(r"[a-z0-9]+-[a-z0-9]+")
_URLS = ("homepage_url", "support_url", "release_notes_url")

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that the manifest refers to, relative to it, and where it does."""

    path: str
    where: Location


@dataclass(frozen=True, slots=True)
class Manifest:
    """`programs`: what the server starts, on any platform; `files`: whatever else is named."""

    id: str
    version: str
    programs: tuple[NamedFile, ...]
    files: tuple[NamedFile, ...]


def read(path: Path) -> Manifest:
    """The manifest in the file `path`; raises `GenerationError` with every problem in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise fail(Location(str(path)), "missing: a plugin has its manifest there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise fail(Location(str(path)), f"cannot be read: {error}") from None
    try:
        reader = _Reader(path, text, _decoder.decode(text))
    except json.JSONDecodeError as error:
        where = Location(str(path), error.lineno, error.colno)
        raise fail(where, f"no JSON: {error.msg[0].lower()}{error.msg[1:]}") from None
    except ValueError as error:
        raise fail(Location(str(path)), f"no JSON that a server reads: {error}") from None
    except RecursionError:
        raise fail(Location(str(path)), "no JSON: nested too deeply") from None
    manifest = reader.manifest()
    reader.problems.raise_if_any()
    return manifest


class _Reader:
    """Takes values out of the JSON and notes what is wrong with them."""

    def __init__(self, path: Path, text: str, value: Any) -> None:
        self.problems = Problems()
        self._path = path
        self._text = text
        self._root = value
        self._offsets: dict[Place, int] = dict(_values(text, _skip(text, 0), ()))

    def manifest(self) -> Manifest:
        root: Mapping[str, Any] = self._root if isinstance(self._root, dict) else {}
        if root is not self._root:
            self._add((), "a manifest is a JSON object")
        identifier = self._text_of(root, ("id",), required=True)
        if identifier and not _ID.fullmatch(identifier):
            self._add(
                ("id",),
                f"id {identifier!r} must be 3 to 190 of the characters a-z A-Z 0-9 . _ -",
            )
        self._text_of(root, ("name",), required=True)
        version = self._version(root, "version", required=True)
        self._version(root, "min_server_version", required=False)
        for key in _URLS:
            url = self._text_of(root, (key,), required=False)
            if url and not url.startswith(("http://", "https://")):
                self._add((key,), f"{key} must start with http:// or https://")
        return Manifest(identifier, version, tuple(self._programs(root)), tuple(self._files(root)))

    def _version(self, root: Mapping[str, Any], key: str, *, required: bool) -> str:
        text = self._text_of(root, (key,), required=required)
        if text and not _SEMVER.fullmatch(text):
            self._add((key,), f"{key} {text!r} must be a version such as 1.2.3")
        return text

    def _programs(self, root: Mapping[str, Any]) -> Iterator[NamedFile]:
        """`server.executable`, and `server.executables` by platform, which wins where it fits."""
        server = self._table(root, ("server",))
        if server is None:
            self._add(("server",), 'server is missing: add "server": {"executable": "…"}')
            return
        places: list[Place] = []
        executables = self._table(server, ("server", "executables"))
        for platform in executables or ():
            place: Place = ("server", "executables", platform)
            if not _PLATFORM.fullmatch(platform):
                text = f"platform {platform!r} must be like linux-amd64"
                self._add(place, text)
            places.append(place)
        if "executable" in server or not places:
            places.append(("server", "executable"))
        runs_python = server.get("runtime") == "python"
        for place in places:
            table = executables if len(place) == 3 else server
            for named in self._named(table or {}, place, required=True):
                if not runs_python and not named.path.endswith(".py"):
                    text = f"{named.path} must end in .py: by that a server knows Python"
                    self._add(place, text)
                yield named

    def _files(self, root: Mapping[str, Any]) -> Iterator[NamedFile]:
        yield from self._named(root, ("icon_path",), required=False)
        webapp = self._table(root, ("webapp",))
        if webapp is not None:
            yield from self._named(webapp, ("webapp", "bundle_path"), required=True)

    def _named(
        self, table: Mapping[str, Any], place: Place, *, required: bool
    ) -> Iterator[NamedFile]:
        """The file that a value names; it must lie in the plugin's folder."""
        text = self._text_of(table, place, required=required)
        path = PurePosixPath(text)
        if not text:
            return
        if path.is_absolute() or ".." in path.parts or "\\" in text:
            self._add(place, f"{text} must be a path inside the plugin's folder, with /")
            return
        yield NamedFile(str(path), self._where(place))

    def _text_of(self, table: Mapping[str, Any], place: Place, *, required: bool) -> str:
        """The string at `place`, whose last part is the key in `table`; "" if there is none."""
        value, name = table.get(str(place[-1])), ".".join(map(str, place))
        if value is None:
            value = ""
        if not isinstance(value, str):
            self._add(place, f"{name} must be a string")
            return ""
        if required and not value.strip():
            self._add(place, f"{name} is missing")
        return value

    def _table(self, parent: Mapping[str, Any], place: Place) -> Mapping[str, Any] | None:
        value = parent.get(str(place[-1]))
        if value is not None and not isinstance(value, dict):
            self._add(place, f"{'.'.join(map(str, place))} must be an object")
            return {}
        return value

    def _add(self, place: Place, text: str) -> None:
        self.problems.add(self._where(place), text)

    def _where(self, place: Place) -> Location:
        """The line of the value at `place`, or of the nearest one around it."""
        while place not in self._offsets:
            place = place[:-1]
        offset = self._offsets[place]
        line = self._text.count("\n", 0, offset) + 1
        return Location(str(self._path), line, offset - self._text.rfind("\n", 0, offset))


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"the number {digits[:20]}… is larger than any that it knows")
    return value


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no value")


_decoder = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_constant)
_SPACE = re.compile(r"[ \t\n\r]*")


def _skip(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def _values(text: str, offset: int, place: Place) -> Iterator[tuple[Place, int]]:
    """Where each value of a JSON text begins; `text` has been parsed before, so it is JSON."""
    yield place, offset
    if text[offset] not in "{[":
        return
    is_object = text[offset] == "{"
    offset = _skip(text, offset + 1)
    index = 0
    while text[offset] not in "}]":
        key: str | int = index
        if is_object:
            key, offset = _decoder.raw_decode(text, offset)
            offset = _skip(text, _skip(text, offset) + 1)
        yield from _values(text, offset, (*place, key))
        offset = _skip(text, _decoder.raw_decode(text, offset)[1])
        if text[offset] == ",":
            offset = _skip(text, offset + 1)
        index += 1
