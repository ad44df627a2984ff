"""Why is a file not as generated: has an input changed, a person edited it, or plugwright another
version? What differs in; the words of it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import __version__
from . import source as sdk
from .ownership import Found, Kind, Survey
from .source import RECORD, Record, SourceFile

_EXPLAINED: Mapping[Kind, str] = {
    "edited": "edited: changed by hand since it was generated; change the proto, then generate",
    "foreign": "exists and was not generated; move it away, or choose another output folder",
    "kept": "edited: no longer generated, but changed by hand; delete it if nobody needs it",
    "missing": "missing: the protos give it; run plugwright generate",
    "outdated": "outdated: the protos give something else; run plugwright generate",
    "stale": "stale: the protos no longer give it; run plugwright generate to delete it",
}
_SHOWN = 3


def explained(found: Found) -> str:
    """What a file is, as far as it says that itself."""
    return "; ".join(filter(None, (_EXPLAINED[found.kind], found.reason)))


class Reasons:
    """What is different from the run that made an SDK."""

    def __init__(self, files: Sequence[SourceFile], survey: Survey) -> None:
        self._record = survey.record
        self._reasons = _reasons(survey.record, _wanted(files))

    def explained(self, found: Found) -> str:
        """What a file is, and why."""
        reason = self._reasons.get(found.kind)
        if found.kind == "missing" and found.path in self._record.digests:
            reason = "deleted since it was generated; run plugwright generate"
        return f"{found.kind}: {reason}" if reason else explained(found)


def _wanted(files: Sequence[SourceFile]) -> Record:
    return next((sdk.read(f.text) for f in files if f.path.endswith(f"/{RECORD}")), Record({}))


def _reasons(there: Record, wanted: Record) -> Mapping[Kind, str]:
    if there.versions and __version__ not in there.versions:
        made = " and ".join(sorted(there.versions))
        text = f"made by plugwright {made}, and this is {__version__}; run plugwright generate"
        return dict.fromkeys(("missing", "outdated", "stale"), f"{text}, or use that version")
    changed = _changed(there, wanted) if there.inputs else []
    if not changed:
        return {}
    more = [f"{len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
    names = ", ".join([*changed[:_SHOWN], *more])
    return {"outdated": f"changed since it was generated: {names}; run plugwright generate"}


def _changed(there: Record, wanted: Record) -> list[str]:
    """The inputs that are others than those which the record has."""
    new = {
        name
        for name, found in wanted.inputs.items()
        if not found <= there.inputs.get(name, frozenset())
    }
    return sorted(new | (there.inputs.keys() - wanted.inputs.keys()))
