"""Paths of .proto files in, a serialized descriptor set out: the only user of grpc_tools.

protoc runs inside this process. It writes its messages to file descriptor 2, so they are caught
there and become `Problem`s.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..problems import GenerationError, Location, Problem, fail
from .roots import rooted

_LINE = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):(?P<col>\d+): (?P<text>.*)$")
_FILE = re.compile(r"^(?P<file>[^:\n]+\.proto): (?P<text>.*)$")
_IMPORT = re.compile(r'^Import "(?P<path>.*)" was not found or had errors\.$')
_ABSENT = "File not found."


def compile(files: Sequence[Path], proto_path: Sequence[Path]) -> bytes:
    """A serialized FileDescriptorSet of `files` and all they import, with source info.

    `proto_path` are the import roots, searched in order, before the well-known types that
    grpcio-tools ships. Raises GenerationError with protoc's complaints.
    """
    for file in files:
        if not file.is_file():
            raise fail(Location(str(file)), "no such file; check the path")
    for root in proto_path:
        if os.pathsep in str(root):
            text = f"protoc takes no folder with {os.pathsep!r} in its name; rename it"
            raise fail(Location(str(root)), text)
    paths = [rooted(file, proto_path).path for file in files]
    # Slow to import: only when protos are compiled. An extension module without stubs.
    try:
        compiler: Any = importlib.import_module("grpc_tools._protoc_compiler")
    except ImportError:
        text = "needs grpcio-tools: pip install 'plugwright[codegen]'; a --descriptor-set does not"
        raise fail(Location("protoc"), text) from None
    roots = [*proto_path, _well_known_types()]
    with tempfile.TemporaryDirectory(prefix="plugwright-") as scratch:
        out = os.path.join(scratch, "descriptors.binpb")
        arguments = [
            "protoc",
            *(f"-I={root}" for root in roots),  # the name of a root may have a =
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={out}",
            *paths,
        ]
        with _CapturedStderr() as captured:
            code = compiler.run_main([os.fsencode(a) for a in arguments])
        if code:
            raise GenerationError(_problems(captured.text, files))
        return Path(out).read_bytes()


def _well_known_types() -> Path:
    import grpc_tools

    return Path(grpc_tools.__file__).parent / "_proto"


class _CapturedStderr:
    """Catches what native code writes to file descriptor 2."""

    text = ""

    def __enter__(self) -> _CapturedStderr:
        sys.stderr.flush()
        self._saved = os.dup(2)
        self._file = tempfile.TemporaryFile()
        os.dup2(self._file.fileno(), 2)
        return self

    def __exit__(self, *_: object) -> None:
        os.dup2(self._saved, 2)
        os.close(self._saved)
        self._file.seek(0)
        self.text = self._file.read().decode("utf-8", "replace")
        self._file.close()


def _problems(text: str, files: Sequence[Path]) -> list[Problem]:
    found: list[Problem] = []
    for line in text.splitlines():
        if m := _LINE.match(line):
            place = Location(m["file"], int(m["line"]), int(m["col"]))
        elif m := _FILE.match(line):
            place = Location(m["file"])
        elif line.strip():
            place = Location(str(files[0]) if files else "protoc")
        else:
            continue
        said = m["text"] if m else line
        if not (m and said.startswith("warning:")):
            found.append(Problem(place, said.strip().removeprefix("error: ")))
    told = [Problem(p.where, _advice(p.text)) for p in _causes(found)]
    return told or [Problem(Location("protoc"), "failed without saying why")]


def _causes(found: Sequence[Problem]) -> list[Problem]:
    """`found` without what comes of another: one wrong line fails every file that imports its own,
    and every name that such a file uses.
    """
    failed = {p: m["path"] for p in found if (m := _IMPORT.match(p.text))}
    importers = {p.where.file for p in failed}
    absent = {p.where.file for p in found if p.text == _ABSENT} & {*failed.values()}
    wrong = {p.where.file for p in found} - absent
    causes: list[Problem] = []
    for problem in found:
        place, path = problem.where, failed.get(problem)
        if path in absent:
            causes.append(Problem(place, f'import "{path}" was not found'))
        elif path is not None:
            if not any(f"/{file}".endswith(f"/{path}") for file in wrong):
                causes.append(problem)
        elif place.file not in absent and not (
            place.file in importers and problem.text.endswith("is not defined.")
        ):
            causes.append(problem)
    return causes or list(found)


def _advice(text: str) -> str:
    text = text[:1].lower() + text[1:] if not text[:2].isupper() else text
    if "was not found or had errors" in text:
        return text.rstrip(".") + "; mend it, or add its folder with -I/--proto-path"
    if "file not found" in text or text.endswith("was not found"):
        return text.rstrip(".") + "; check the import, or add its folder with -I/--proto-path"
    if "JSON name of field" in text and "conflicts with" in text:
        return text.rstrip(".") + "; rename one, or give it a json_name of its own"
    if "is already defined in" in text:
        return text.rstrip(".") + "; rename one"
    if "recursion limit for nested messages" in text:
        return text.rstrip(".") + "; declare the inner messages at the top of the file"
    if text.endswith("is not defined."):
        return text.rstrip(".") + "; check the name, or import the file that declares it"
    if "does not reside within any path" in text:
        return "lies outside every import root; add its folder with -I/--proto-path"
    return text
