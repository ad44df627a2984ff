"""Which files make a distribution of the package? The context and the plans of hooks in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..settings import extras
from ..settings.validity import distribution
from . import launch
from .context import Context
from .hook_nodes import HookPlan
from .nodes import TextFile
from .package import MINOR

_MAJOR, _, _LAST = MINOR.partition(".")
_NEXT = f"{_MAJOR}.{int(_LAST) + 1}"


class ProjectPlan(NamedTuple):
    """pyproject.toml and README of an SDK.

    `served`: the servicers that plugins subclass; `guide`: Markdown in place of an example.
    `extra`: of the runtime, that every plugin needs; `has_mtls`: whether some need it for AutoMTLS.
    """

    package: str
    distribution: str
    title: str
    summary: str
    version: str
    generator: str
    next_generator: str
    hooks: tuple[HookPlan, ...]
    services: tuple[str, ...]
    starts: bool
    clients: str
    served: tuple[str, ...]
    dependencies: tuple[str, ...]
    guide: str
    extra: str
    has_mtls: bool


def texts(context: Context, hooks: tuple[HookPlan, ...]) -> Iterator[TextFile]:
    """All that is no module; of a package without a config, nobody else makes its project."""
    package = context.settings.sdk.package
    yield TextFile(f"{package}/py.typed", "empty.j2", None)
    for extra in context.settings.extras:
        yield TextFile(f"{package}/{extras.NAME}/{extra.path}", "extra.py.j2", extra)
    if context.settings.file:
        plan = _project(context, hooks)
        yield TextFile("pyproject.toml", "pyproject.toml.j2", plan)
        yield TextFile("README.md", "README.md.j2", plan)


def _project(context: Context, hooks: tuple[HookPlan, ...]) -> ProjectPlan:
    settings = context.settings
    sdk, mtls = settings.sdk, launch.mtls(settings)
    return ProjectPlan(
        package=sdk.package,
        distribution=distribution(settings),
        title=sdk.title or sdk.package,
        summary=sdk.summary or f"Typed Python for the protos of {sdk.package}",
        version=sdk.version,
        generator=MINOR,
        next_generator=_NEXT,
        hooks=hooks,
        services=tuple(s.full_name for s in context.schema.services),
        starts=launch.configured(settings) is not None,
        clients=sdk.clients,
        served=tuple(context.services[s.full_name].servicer for s in context.served),
        dependencies=sdk.dependencies,
        guide=settings.guide,
        extra="[mtls]" if mtls == "require" else "",
        has_mtls=mtls != "never",
    )
