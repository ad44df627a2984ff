"""What will users of a planned SDK see? The context and what was planned in, a `Surface` out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ...settings.tables import Launch, Settings
from ...settings.validity import distribution
from ...surface.items import Item, Surface, made
from ..call_nodes import MethodPlan
from ..context import Context
from ..hook_nodes import HookPlan
from ..launch import configured
from ..nodes import PythonModule
from ..package import ExportPlan, NamespacePlan
from . import calls, hooks, models
from .spelling import place


class Planned(NamedTuple):
    """What the surface is made of: all methods, hooks and modules."""

    methods: tuple[MethodPlan, ...]
    hooks: tuple[HookPlan, ...]
    modules: tuple[PythonModule, ...]


def surface(context: Context, planned: Planned) -> Surface:
    """All that users will see."""
    settings = context.settings
    return made(
        settings.sdk.version,
        (
            *_sdk(settings),
            *_launch(configured(settings)),
            *_exports(planned.modules),
            *models.items(context),
            *calls.items(context, planned.methods),
            *hooks.items(context, planned.hooks),
        ),
    )


def _sdk(settings: Settings) -> Iterator[Item]:
    yield Item("sdk", "package", settings.sdk.package)
    if settings.file:
        yield Item("sdk", "distribution", distribution(settings))
    if settings.hooks.service:
        yield Item("sdk", "hook_timeout", repr(settings.hooks.timeout))


def _launch(launch: Launch | None) -> Iterator[Item]:
    """The settings that say how a host finds a plugin."""
    usual = Launch()
    for key, value in launch._asdict().items() if launch else ():
        if value != getattr(usual, key) or key == "versions":
            shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            if isinstance(value, Mapping):
                shown = " ".join(":".join(map(str, (k, *names))) for k, names in value.items())
            yield Item("launch", key, shown)


def _exports(modules: Iterable[PythonModule]) -> Iterator[Item]:
    """The names of the packages that people import from."""
    for module in modules:
        folder = module.path.rpartition("/")[0]
        if isinstance(module.content, NamespacePlan) and folder != "_convert":
            for export in module.content.exports:
                name = f"{folder}.{export.name}" if folder else export.name
                yield Item("export", name, _origin(export, folder))


def _origin(export: ExportPlan, folder: str) -> str:
    if not export.original:
        return "a module"
    inside = f".{folder}{export.module}" if folder else export.module
    return place(inside, export.original)
