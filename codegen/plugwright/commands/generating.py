"""What does `plugwright generate` do? Jobs in; SDKs on disk, or what differs on the streams."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from .running import Progress, reported

if TYPE_CHECKING:
    from ..generation import Job
    from ..output.source import SourceFile
    from ..problems import Problem


def generate(jobs: Callable[[], Iterable[Job]], check: bool) -> None:
    """Write the SDKs of `jobs`, or with `check` say how they differ and exit with 1."""
    with reported() as progress:
        from .. import generation
        from ..output import disk, links

        # All before the first is written: a problem in one must leave every SDK as it is.
        rendered = [(job, *generation.rendered(job, progress.show)) for job in jobs()]
        made = [(job, files) for job, files, _ in rendered]
        progress.clear()
        disk.check_apart((job.out, files) for job, files in made)
        if check:
            differs = [_compare(job, files) for job, files in made]
            if any(differs):
                sys.exit(1)
            return
        for job, _ in made:
            if link := generation.link_of(job):
                links.refuse(job.out, link)
        for job, files, notices in rendered:
            _write(job, files, progress)
            for notice in notices:
                print(notice, file=sys.stderr)


def _write(job: Job, files: Sequence[SourceFile], progress: Progress) -> None:
    from .. import generation
    from ..output import disk, links

    def report(text: str) -> None:
        progress.clear()
        print(text, file=sys.stderr)

    progress.show(f"writing {len(files)} files")
    warning = _of_version(job, files)
    changed = disk.write(job.out, files, report)
    if (link := generation.link_of(job)) and links.make(job.out, link):
        report(f"{job.out / link.path}: a link to {link.folder}")
    progress.clear()
    print(f"{job.out}: {len(files)} files, {changed} changed")
    if warning:
        print(warning, file=sys.stderr)


def _of_version(job: Job, files: Sequence[SourceFile]) -> Problem | None:
    from ..evolution.advice import advice

    return advice(job, files)


def _compare(job: Job, files: Sequence[SourceFile]) -> bool:
    from .. import generation
    from ..output import disk, links

    differences = list(disk.compare(job.out, files))
    for difference in differences:
        if difference.diff:
            print(difference.diff, end="")
    for difference in differences:
        print(difference, file=sys.stderr)
    link = generation.link_of(job)
    fault = links.difference(job.out, link) if link else ""
    if fault:
        print(fault, file=sys.stderr)
    return bool(differences or fault)
