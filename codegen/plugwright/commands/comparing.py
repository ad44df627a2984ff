"""What do `plugwright breaking` and `plugwright changes` do? Jobs and another state in; a report.

Exit codes of `breaking`: 0 = nothing breaks; 1 = something does; 2 = it could not be found out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from .running import reported

if TYPE_CHECKING:
    from ..evolution.comparing import Comparison
    from ..generation import Job

Jobs: TypeAlias = Callable[[], "Iterable[Job]"]
FORMATS = ("text", "json", "github", "markdown")
UNKNOWN = 2


def breaking(jobs: Jobs, against: str, form: str, may_raise: bool) -> None:
    """Tell what breaks since `against`; exit with 1 if anything does.

    `may_raise`: a version that says so is enough.
    """
    made = _compared(jobs, against)
    from ..evolution import reports

    print(reports.told(form, made))
    if any(c.of("breaking") and not (may_raise and c.is_raised) for c in made):
        sys.exit(1)


def changes(jobs: Jobs, against: str) -> None:
    """Print the entry of a change log."""
    made = _compared(jobs, against)
    from ..evolution import reports

    if entry := reports.changelog(made):
        print(entry)
    for comparison in made:
        print(reports.summary(comparison), file=sys.stderr)


def _compared(jobs: Jobs, against: str) -> list[Comparison]:
    with reported(UNKNOWN) as progress:
        from ..evolution import comparing

        return list(comparing.compared(jobs(), against, progress.show))
