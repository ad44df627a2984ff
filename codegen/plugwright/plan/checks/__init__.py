"""Do the settings fit the protos, and can these become Python? Asked before anything is planned.

Planners take for granted what is checked here, so they have no problems to report.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...problems import GenerationError, Problem
from ...protos.schema import File
from .. import families
from ..context import Context
from . import attributes, classes, errors, hooks, launch, parameters, secrets, services


def protos(files: Iterable[File]) -> None:
    """Raise GenerationError unless each type becomes a class; all that follows needs that."""
    _raise_any(classes.problems(files))


def settings(context: Context) -> None:
    """Raise GenerationError with all that is wrong with the settings, seen from the protos."""
    schema, configured = context.schema, context.settings
    _raise_any(
        (
            *attributes.problems(context),
            *errors.problems(schema, configured),
            *secrets.problems(context),
            *services.problems(context),
            *parameters.problems(context),
            *hooks.problems(context),
            *launch.problems(configured, bool(families.hooks(context))),
        )
    )


def _raise_any(problems: Iterable[Problem]) -> None:
    if found := list(problems):
        raise GenerationError(found)
