"""Is the version of an SDK raised as its changes ask? What a run writes, and what is there."""

from __future__ import annotations

from collections.abc import Iterable

from ..generation import Job
from ..output.source import SourceFile
from ..problems import Problem
from ..surface import text
from ..surface.compare import compare
from . import versions


def advice(job: Job, files: Iterable[SourceFile]) -> Problem | None:
    """What to say of the version in the config; None if it will do."""
    sdk, path = job.settings.sdk, job.earlier.path
    if path is None or not path.is_file() or not job.settings.file:
        return None
    name = f"{sdk.package}/{text.NAME}"
    now = next((f.text.encode() for f in files if f.path == name), b"")
    before = path.read_bytes()
    if before == now:
        return None
    old = text.read(before, str(path))
    wanted = versions.needed(old.version, compare(old, text.read(now, name)))
    if not wanted or versions.is_raised(sdk.version, wanted):
        return None
    said = (
        f"warning: users see changes since {old.version} that ask for version {wanted}, and it is "
        f"{sdk.version}; raise it, unless {sdk.version} is still to be released"
    )
    return Problem(job.settings.where("sdk.version"), said)
