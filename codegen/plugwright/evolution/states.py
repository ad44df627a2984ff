"""What was an SDK like before? A revision, a folder, a wheel, an installed SDK or a descriptor set
in; its surface out, and where its protos were.

Where there is a surface, it is taken. An SDK that is older than surfaces is planned: from the
protos and the config of its time, or, if there are none, from its descriptors and today's config.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from .. import generation
from ..generation import Job, Progress, Sources
from ..problems import GenerationError, Location, fail
from ..protos.places import Places, places
from ..settings.reader import CONFIG_NAME, load_alone
from ..surface import text
from ..surface.items import Surface
from . import packed, revisions


class State(NamedTuple):
    """`name`: of the state, for people; `places`: where its protos were, as far as known."""

    name: str
    surface: Surface
    places: Callable[[], Places]


class States:
    """The earlier states of SDKs that all `name` stands for; use it in a `with` statement.

    `is_revision`: whether that is one of git, where an SDK may be too new to be found.
    """

    def __init__(self, name: str, progress: Progress) -> None:
        self._name = name
        self._progress = progress
        self._scratch = tempfile.TemporaryDirectory(prefix="plugwright-")
        self._unpacked: Path | None = None
        self.is_revision = False

    def __enter__(self) -> States:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._scratch.cleanup()

    def of(self, job: Job) -> State | None:
        """The state of the SDK of `job`; None if it was not there yet."""
        path = Path(self._name)
        if not self._name.isprintable() or not self._name.strip():
            raise fail(
                Location("--against"), "is no name of a state; name one, such as a revision of git"
            )
        if path.is_dir():
            return self._folder(path, job, path)
        if path.exists():
            return self._file(path, job)
        if revision := revisions.find(self._name, job.settings.root):
            return self._revision(revision, job)
        if folder := packed.installed(self._name):
            return self._packed(packed.folder(folder, job.settings.sdk.package), job)
        text = (
            "no revision of git, no folder, wheel or descriptor set, and no installed SDK; name one"
        )
        raise fail(Location(self._name), text)

    # ------------------------------------------------------------------ each kind of a state

    def _file(self, path: Path, job: Job) -> State | None:
        if path.name == text.NAME:
            return self._read(path, _nowhere)
        if zipfile.is_zipfile(path):
            return self._packed(packed.wheel(path, job.settings.sdk.package), job)
        return self._planned(_with_descriptors(job, path))

    def _revision(self, revision: revisions.Revision, job: Job) -> State | None:
        self.is_revision = True
        if self._unpacked is None:
            self._unpacked = Path(self._scratch.name, "revision")
            self._unpacked.mkdir()
            self._progress(f"reading {revision.name}")
            revisions.unpack(revision, self._unpacked)
        return self._folder(self._unpacked, job, revision.top)

    def _folder(self, folder: Path, job: Job, top: Path) -> State | None:
        """`folder`: an SDK, a config with protos, or a checkout like the one at `top`."""
        if found := packed.folder(folder, job.settings.sdk.package):
            return self._packed(found, job)
        earlier = _earlier(job, folder, top)
        if earlier is None:
            return None
        package = earlier.settings.sdk.package
        surface = earlier.out.joinpath(*package.split("."), text.NAME)

        def known() -> Places:
            return _without(self._scratch.name, self._places(earlier))

        return self._read(surface, known) if surface.is_file() else self._planned(earlier, known)

    def _packed(self, found: packed.Packed | None, job: Job) -> State | None:
        if found is None:
            return None
        if found.surface:
            return State(self._name, text.read(found.surface, self._name), _nowhere)
        file = Path(self._scratch.name, "descriptors.binpb")
        file.write_bytes(found.descriptors)
        return self._planned(_with_descriptors(job, file))

    # ------------------------------------------------------------------------------ surfaces

    def _read(self, surface: Path, known: Callable[[], Places]) -> State:
        with surface.open("rb") as file:
            data = file.read(text.MOST_BYTES + 1)
        return State(self._name, text.read(data, f"{self._name}: {surface.name}"), known)

    def _planned(self, job: Job, known: Callable[[], Places] | None = None) -> State:
        try:
            surface = generation.plan(job, self._progress).surface
        except GenerationError as error:
            raise GenerationError(
                p._replace(text=f"{p.text} (in {self._name})") for p in error.problems
            ) from None
        return State(self._name, surface, known or _nowhere)

    def _places(self, job: Job) -> Places:
        try:
            return places(generation.schema(job, self._progress))
        except GenerationError:  # its protos do not compile without those of others, say
            return {}


def _nowhere() -> Places:
    return {}


def _with_descriptors(job: Job, file: Path) -> Job:
    """The job as it is, of other protos."""
    return Job(job.settings, Sources(descriptor_set=file), file.parent)


def _earlier(job: Job, folder: Path, top: Path) -> Job | None:
    """The job of the SDK in `folder`, which is like `top`; None if there is none."""
    if not job.settings.file:
        return _without_config(job, folder, top)
    extra = tuple(job.sources.path[len(job.settings.protos.path) :])
    below = _below(Path(job.settings.file), top)
    likely = folder / below if below else None
    for config in _configs(folder, likely):
        settings = load_alone(config)
        if config == likely or settings.sdk.package == job.settings.sdk.package:
            moved = (_moved(p, folder, top) for p in extra)
            return generation.of_settings(settings, tuple(moved), None)
    return None


def _without_config(job: Job, folder: Path, top: Path) -> Job | None:
    files = tuple(_moved(file, folder, top) for file in job.sources.files)
    path = tuple(_moved(root, folder, top) for root in job.sources.path)
    found = tuple(file for file in files if file.is_file())
    sources = Sources(found, path)
    return Job(job.settings, sources, _moved(job.out, folder, top)) if found else None


def _configs(folder: Path, likely: Path | None) -> list[Path]:
    """The configs in `folder`, the most likely first."""
    first = [likely] if likely else []
    found = [*first, *sorted(folder.rglob(CONFIG_NAME))]
    return [config for config in found if config.is_file()]


def _below(path: Path, top: Path) -> Path | None:
    real, folder = os.path.realpath(path), os.path.realpath(top)
    return Path(os.path.relpath(real, folder)) if Path(real).is_relative_to(folder) else None


def _moved(path: Path, folder: Path, top: Path) -> Path:
    """What `path` below `top` is below `folder`; a path elsewhere stays as it is."""
    below = _below(path, top)
    return path if below is None else folder / below


def _without(scratch: str, known: Places) -> Places:
    """Places without the folder that a revision was unpacked to."""
    root = Path(scratch, "revision")
    found = {name: (_below(Path(place.file), root), place) for name, place in known.items()}
    return {
        name: place._replace(file=path.as_posix()) if path else place
        for name, (path, place) in found.items()
    }
