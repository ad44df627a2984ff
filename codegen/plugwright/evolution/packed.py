"""What does a wheel, or an SDK as it is installed, know of its surface? Nothing of it is run.

A wheel is read in memory, and no more of it than a surface may have; an installed SDK is found
without being imported.
"""

from __future__ import annotations

import ast
import importlib.util
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from google.protobuf import descriptor_pb2

from ..problems import Location, fail
from ..surface.text import MOST_BYTES, NAME

_DESCRIPTORS = "_descriptors.py"
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
Read = Callable[[str], bytes | None]
"""The file of that path, or None."""


class Packed(NamedTuple):
    """`surface`: the file; b"" if the SDK is older than that, and has its `descriptors` alone."""

    surface: bytes
    descriptors: bytes


def wheel(path: Path, package: str) -> Packed | None:
    """What a wheel has of `package`; None if that is not in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = "/".join(package.split("."))
            return _packed(lambda name: _member(archive, name), inside, path)
    except _UNREADABLE as error:
        raise fail(Location(str(path)), f"cannot be read as a wheel: {error}") from None


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        with archive.open(name) as file:
            return file.read(MOST_BYTES + 1)
    except KeyError:
        return None


def folder(path: Path, package: str) -> Packed | None:
    """What an SDK's folder, or the one of its package, has; None if it is neither."""
    inside = "/".join(package.split("."))
    found = _packed(lambda name: _file(path / name), inside, path)
    if found is None and path.resolve().parts[-package.count(".") - 1 :] == tuple(
        inside.split("/")
    ):
        return _packed(lambda name: _file(path / name), "", path)
    return found


def _file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        return None


def installed(name: str) -> Path | None:
    """The folder of a package that this Python would import; it is not imported."""
    first, *rest = name.split(".")
    if not all(part.isidentifier() for part in (first, *rest)):
        return None
    spec = importlib.util.find_spec(first)
    places = (spec.submodule_search_locations or ()) if spec else ()
    found = (Path(place, *rest) for place in places)
    return next((path for path in found if path.is_dir()), None)


def _packed(read: Read, package: str, path: Path) -> Packed | None:
    before = f"{package}/" if package else ""
    if (surface := read(before + NAME)) is not None:
        return Packed(surface, b"")
    if (data := read(before + _DESCRIPTORS)) is None:
        return None
    place = Location(f"{path}/{before}{_DESCRIPTORS}")
    if len(data) > MOST_BYTES:
        raise fail(place, f"is larger than {MOST_BYTES >> 20} MiB; name another state of the SDK")
    return Packed(b"", _set(data, place))


def _set(data: bytes, place: Location) -> bytes:
    """The descriptor set of the module that an SDK has its descriptors in; it is not run."""
    try:
        (files,) = (
            ast.literal_eval(node.value)
            for node in ast.parse(data).body
            if isinstance(node, ast.AnnAssign) and node.value is not None
        )
        made = descriptor_pb2.FileDescriptorSet()
        for _, descriptor in files.values():
            made.file.add().MergeFromString(descriptor)
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError):
        raise fail(place, "is not what plugwright writes; name another state of the SDK") from None
    except Exception:  # of protobuf, whose error has another base in each implementation
        raise fail(place, "holds no descriptors; name another state of the SDK") from None
    return made.SerializeToString()
