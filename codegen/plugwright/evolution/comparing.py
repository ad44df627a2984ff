"""What has changed in the SDKs of some jobs since another state? Each change with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .. import generation
from ..generation import Job, Progress
from ..problems import Location, fail
from ..protos.places import Places, places
from ..surface.changes import Change, Severity
from ..surface.compare import compare
from ..surface.items import Surface
from ..surface.placing import place
from . import versions
from .states import State, States


class Found(NamedTuple):
    """`where`: in the protos as they are; `was`: where it was, if it is gone."""

    change: Change
    where: Location
    was: Location | None


class Comparison(NamedTuple):
    """An SDK against what it was in `state`: None if it was not there yet.

    `needs`: the version that the changes ask for, "" if any will do.
    """

    package: str
    version: str
    state: State | None
    found: tuple[Found, ...]
    needs: str

    @property
    def is_raised(self) -> bool:
        return not self.needs or versions.is_raised(self.version, self.needs)

    def of(self, severity: Severity) -> list[Found]:
        return [f for f in self.found if f.change.severity == severity]


def compared(jobs: Iterable[Job], against: str, progress: Progress) -> Iterator[Comparison]:
    """The comparison of each job's SDK with its state `against`."""
    with States(against, progress) as states:
        made = [_compared(job, states, progress) for job in jobs]
        if not (states.is_revision or any(one.state for one in made)):
            packages = ", ".join(one.package for one in made)
            raise fail(Location(against), f"has no {packages}; name another state of it")
        yield from made


def _compared(job: Job, states: States, progress: Progress) -> Comparison:
    sdk = job.settings.sdk
    state = states.of(job)
    if state is None:
        return Comparison(sdk.package, sdk.version, None, (), "")
    surface = generation.plan(job, progress).surface
    changes = compare(state.surface, surface)
    found = tuple(_placed(changes, _Now(job, surface, state), progress)) if changes else ()
    needs = versions.needed(state.surface.version, changes)
    return Comparison(sdk.package, sdk.version, state, found, needs)


class _Now(NamedTuple):
    """The SDK as it is, and as it was."""

    job: Job
    surface: Surface
    state: State


def _placed(changes: Iterable[Change], sdk: _Now, progress: Progress) -> Iterator[Found]:
    now = places(generation.schema(sdk.job, progress))
    before: Places = {}
    if any(change.proto not in now for change in changes):
        before = sdk.state.places()
    unknown = Location(sdk.job.settings.file or sdk.job.settings.sdk.package)
    for change in changes:
        was = None if change.proto in now else before.get(change.proto)
        yield Found(change, place(change, sdk.surface, now) or unknown, was)
