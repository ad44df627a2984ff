"""Where does a check of one SDK look? Its job and what it made in, entries of `memory` out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..generation import Job, Made, link_of
from ..protos import globs
from ..settings.reader import CONFIG_NAME
from . import memory


def default() -> Iterator[str]:
    """Where the configs are that nobody names."""
    if os.path.isfile(CONFIG_NAME):
        yield memory.file(CONFIG_NAME)
        return
    yield memory.nothing(CONFIG_NAME)
    with os.scandir("proto") as entries:
        folders = [entry.path for entry in entries if entry.is_dir()]
    yield memory.folder("proto")
    for config in (os.path.join(folder, CONFIG_NAME) for folder in folders):
        yield memory.file(config) if os.path.exists(config) else memory.nothing(config)


def of(job: Job, made: Made) -> Iterator[str]:
    """All that the files of a job depend on, and these files."""
    settings = job.settings
    yield memory.file(settings.file)
    for pattern in settings.protos.files:
        yield from map(memory.folder, globs.folders(settings.root, pattern))
    for name in made.protos:
        yield from _proto(name, job.sources.path)
    if settings.sdk.guide:
        yield memory.file(settings.root / settings.sdk.guide)
    if settings.sdk.extras:
        yield from _extras(settings.root / settings.sdk.extras)
    yield from (memory.file(job.out / file.path) for file in made.files)
    yield memory.packages(job.out)
    yield memory.packages(job.out / os.pardir)
    if link := link_of(job):
        yield from map(memory.place, (job.out / link.path, link.folder))


def _proto(name: str, roots: Iterable[Path]) -> Iterator[str]:
    """The first root that has it counts; if none has, it is one that comes with protoc."""
    for root in roots:
        path = root / os.fsdecode(name.encode("utf-8", "surrogateescape"))
        if path.is_file():
            yield memory.file(path)
            return
        yield memory.nothing(path)


def _extras(top: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(top):
        yield memory.folder(parent)
        yield from (memory.file(Path(parent, n)) for n in names if n.endswith(".py"))
        inner = (Path(parent, folder) for folder in folders)
        yield from (memory.unknown(path) for path in inner if path.is_symlink())
