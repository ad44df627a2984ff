"""What does `plugwright generate` do? Jobs in; SDKs on disk, or what differs on the streams."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from . import streams
from .reporting import Manner
from .running import Progress, reported

if TYPE_CHECKING:
    from ..generation import Job, Made
    from ..output.source import SourceFile
    from ..problems import Problem


def generate(
    jobs: Callable[[], Iterable[Job]], manner: Manner, configs: Sequence[str] | None = None
) -> None:
    """Write the SDKs of `jobs`, or say how they differ and exit with 1.

    `configs`: what names the jobs, if nothing else does: then a check knows what it found before.
    """
    if manner.check and configs is not None:
        from ..unchanged import memory

        if memory.holds(configs):
            return
    began = time.time_ns()
    with reported(manner.failure, manner) as progress:
        from .. import generation
        from ..output import disk

        # All before the first is written: a problem in one must leave every SDK as it is.
        try:
            made = [(job, generation.make(job, progress.show)) for job in jobs()]
        except generation.Missed as error:  # of a check, an answer
            progress.clear()
            manner.problems(error)
            sys.exit(1)
        progress.clear()
        disk.check_apart((job.out, m.files) for job, m in made)
        if manner.check:
            _check(made, manner)
            if configs is not None:
                _remember(made, configs, began)
        elif manner.dry_run:
            _preview(made, manner)
        else:
            _write(made, manner, progress)


def _write(made: Sequence[tuple[Job, Made]], manner: Manner, progress: Progress) -> None:
    from .. import generation
    from ..output import disk, links

    def report(text: str) -> None:
        progress.clear()
        manner.remark(text)

    for job, _ in made:
        if link := generation.link_of(job):
            links.refuse(job.out, link)
    for job, (files, _, notices) in made:
        progress.show(f"writing {len(files)} files")
        warning = _of_version(job, files)
        changed = disk.write(job.out, files, report)
        if (link := generation.link_of(job)) and links.make(job.out, link):
            report(f"{job.out / link.path}: a link to {link.folder}")
        progress.clear()
        manner.done(f"{job.out}: {len(files)} files, {changed} changed")
        if warning:
            manner.remark(str(warning))
        for notice in notices:
            manner.remark(notice)


def _of_version(job: Job, files: Sequence[SourceFile]) -> Problem | None:
    from ..evolution.advice import advice

    return advice(job, files)


def _preview(made: Sequence[tuple[Job, Made]], manner: Manner) -> None:
    """Say what `_write` would do."""
    from .. import generation
    from ..output import disk, links

    for job, (files, _, _) in made:
        link = generation.link_of(job)
        if link:
            links.refuse(job.out, link)
        changes = list(disk.preview(job.out, files, manner.remark))
        for change in changes:
            manner.done(change)
        if link and links.difference(job.out, link):
            manner.done(f"{job.out / link.path}: would become a link to {link.folder}")
        manner.done(f"{job.out}: {len(files)} files, {len(changes)} would change")


def _check(made: Sequence[tuple[Job, Made]], manner: Manner) -> None:
    """Say how the SDKs differ from what they should be; exit with 1 if one does."""
    try:
        differs = [_differs(job, m.files, manner) for job, m in made]
    except BrokenPipeError:  # nothing is printed but differences
        streams.abandon()
        sys.exit(1)
    if any(differs):
        sys.exit(1)


def _differs(job: Job, files: Sequence[SourceFile], manner: Manner) -> bool:
    from .. import generation
    from ..output import disk, links

    differences = list(disk.compare(job.out, files))
    for found in differences:
        manner.difference(found.path, found.text, found.diff)
    link = generation.link_of(job)
    fault = links.difference(job.out, link) if link else ""
    if link and fault:
        manner.difference(str(job.out / link.path), fault)
    return bool(differences or fault)


def _remember(made: Sequence[tuple[Job, Made]], configs: Sequence[str], began: int) -> None:
    from ..unchanged import memory, places

    entries = [entry for job, m in made for entry in places.of(job, m)]
    memory.note(configs, [*entries, *(places.default() if not configs else ())], began)
