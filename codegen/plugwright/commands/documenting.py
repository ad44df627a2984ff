"""What does `plugwright docs` do? Jobs in; a site for each on disk, built if that is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .running import reported

if TYPE_CHECKING:
    from ..generation import Job

_BUILDER = "zensical"


def document(jobs: Callable[[], Iterable[Job]], out: Path, build: bool) -> None:
    """Write the site of each SDK into the folder of its package in `out`."""
    with reported() as progress:
        from .. import generation
        from ..output import disk
        from ..problems import Location, fail
        from ..reference import site

        if build and find_spec(_BUILDER) is None:
            raise fail(Location("--build"), "needs more: pip install 'plugwright[docs]'")
        plans = [(job.settings, generation.plan(job, progress.show)) for job in jobs()]
        progress.show("writing")
        made = [(out / plan.package, site.files(plan, settings)) for settings, plan in plans]
        disk.check_apart(made)
        for folder, files in made:
            changed = disk.write(folder, files, lambda text: print(text, file=sys.stderr))
            progress.clear()
            print(f"{folder}: {len(files)} files, {changed} changed")
    for folder, _ in made:
        if build:
            _build(folder)


def _build(folder: Path) -> None:
    """A dead link, or whatever else the builder warns of, is an error."""
    command = [sys.executable, "-m", _BUILDER, "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        sys.exit(1)
    print(f"{folder / 'site' / 'index.html'}: built")
