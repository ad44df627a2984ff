"""`Schema` and `Settings` in, `Plan` out: every decision about the Python that is written."""

from __future__ import annotations

from ..protos.schema import Schema
from ..settings.tables import Settings
from ..surface.recorded import FRESH, Recorded
from . import (
    checks,
    clients,
    hooks,
    hosting,
    inputs,
    launch,
    models,
    package,
    project,
    registry,
    reused,
    servicers,
    strictness,
    surface,
)
from .checks import kept
from .context import Context, made
from .naming import generated_files
from .nodes import Plan
from .surface import Planned


def plan(schema: Schema, settings: Settings, recorded: Recorded = FRESH) -> Plan:
    """The plan of one SDK. Raises GenerationError with every problem found.

    `recorded`: what users have seen so far, which stays wherever it can.
    """
    context = _checked(schema, settings, recorded)
    frowned = strictness.frowned(context)
    called, answered = clients.plan(context), hooks.plan(context)
    modules = (
        *models.modules(context),
        *called.modules,
        *servicers.modules(context),
        *answered.modules,
        *launch.modules(context),
        *hosting.modules(context, answered.plans),
        *registry.modules(context),
        *reused.modules(context.reused, context.types),
        package.root(context, called.exports),
    )
    seen = surface.surface(context, Planned(called.methods, answered.plans, modules))
    return Plan(
        package=settings.sdk.package,
        modules=strictness.marked(modules, frowned),
        frowned=frowned,
        texts=tuple(project.texts(context, answered.plans)),
        methods=called.methods,
        hooks=answered.plans,
        surface=seen,
        missed=tuple(kept.problems(recorded.surface, seen, schema)),
        inputs=inputs.digests(context.files, settings),
    )


def _checked(schema: Schema, settings: Settings, recorded: Recorded) -> Context:
    files = generated_files(schema)
    checks.protos((*files, *(f for f in schema.files if f.reused)))
    context = made(schema, settings, files, recorded)
    checks.settings(context)
    return context
