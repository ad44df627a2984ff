"""Do the settings fit the protos, and can these become Python? Asked before anything is planned.

Planners take for granted what is checked here, so they have no problems to report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...problems import GenerationError, Problem
from ...protos.schema import Schema
from ...settings.tables import Settings
from . import classes, errors, launch, secrets


def protos(schema: Schema) -> None:
    """Raise GenerationError unless each type becomes a class; all that follows needs that."""
    _raise_any(classes.problems(schema))


def settings(schema: Schema, settings: Settings, has_hooks: bool) -> Iterator[Problem]:
    """What is wrong with the settings, seen from the protos."""
    yield from errors.problems(schema, settings)
    yield from launch.problems(settings, has_hooks)
    yield from secrets.problems(schema, settings)


def _raise_any(problems: Iterable[Problem]) -> None:
    if found := list(problems):
        raise GenerationError(found)
