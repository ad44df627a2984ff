"""Can what is about to be written be read again? Files in; `UnreadableOutput` if one cannot.

Every value is checked where it is configured and escaped where it is printed, so this never fails
but for a mistake of plugwright, which must not reach a disk. Parsing takes a third of a run; what
was parsed before is known by its digest, which the record among the files has already.
"""

from __future__ import annotations

import os
import sys
import tomllib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from . import cache
from .parallel import both
from .source import RECORD, SourceFile, digest, read

_BYTES = 16
_REMEMBERED = 4096
_WORTH_A_FORK = 8


class UnreadableOutput(Exception):
    """A generated file is no Python, or no TOML."""


def check(files: Sequence[SourceFile]) -> None:
    """Raise UnreadableOutput if one of `files` would be no Python or no TOML."""
    listed = next((read(f.text).digests for f in files if f.path.endswith(RECORD)), {})
    digests = {_key(f, listed): f for f in files if f.path.endswith((".py", ".toml"))}
    folder = cache.folder("parsed")
    path = os.path.join(folder, "digests") if folder else ""
    data = cache.read(path) if path else b""
    known = {data[i : i + _BYTES] for i in range(0, len(data), _BYTES)}
    new = [f for digest, f in digests.items() if digest not in known]
    if not new:
        return
    if len(new) < _WORTH_A_FORK:
        _parse(new)
    else:
        both(lambda: _parse(new[::2]), lambda: _parse(new[1::2]))
    if path:
        kept = digests.keys() | (known if len(known) < _REMEMBERED else set())
        cache.write(path, b"".join(sorted(kept)))


def _key(file: SourceFile, listed: Mapping[str, frozenset[str]]) -> bytes:
    """What the cache knows a file by: its digest, its language, and the Python that reads it."""
    digests: Iterable[str] | None = listed.get(file.path)
    if digests is None:
        digests = [digest(file.text.encode("utf-8", "surrogatepass"))]
    kind = f"{sys.version_info[:2]} {file.path.endswith('.py')} "
    return blake2b((kind + "".join(digests)).encode(), digest_size=_BYTES).digest()


def _parse(files: Sequence[SourceFile]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of hand-written modules
        for file in files:
            try:
                if file.path.endswith(".py"):
                    compile(file.text, file.path, "exec", dont_inherit=True)
                else:
                    tomllib.loads(file.text)
            except (SyntaxError, ValueError) as error:
                raise UnreadableOutput(f"{file.path}: {error}") from error
