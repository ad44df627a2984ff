"""How does the host start a plugin? `[launch]` in; `_launch.py` of the SDK out, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..problems import Problems
from ..settings import Launch, Settings
from .modules import ModulePlan

STYLES = ("go-plugin",)


class LaunchPlan(NamedTuple):
    doc: str
    launch: Launch


def configured(settings: Settings) -> Launch | None:
    """The launch settings, if plugins of this SDK can be started at all."""
    return settings.launch if settings.launch.style else None


def modules(
    settings: Settings, has_hooks: bool, problems: Problems
) -> Iterator[ModulePlan]:
    """`_launch.py`; a problem for each setting that is missing or of no use."""
    launch = settings.launch
    if launch == Launch():
        return
    where = settings.where("launch")
    if launch.style not in STYLES:
        text = f"style in [launch] must be {' or '.join(map(repr, STYLES))}, got {launch.style!r}"
        problems.add(settings.where("launch.style"), text)
    if not has_hooks:
        problems.add(
            where, "[launch] starts plugins, which need hooks; set `service` in [hooks]"
        )
    for key in ("cookie_key", "cookie_value"):
        if not getattr(launch, key):
            spelled = key.replace("_", "-")
            problems.add(
                where, f"[launch] needs {spelled}, from the handshake of the host"
            )
    yield ModulePlan(
        path="_launch.py",
        template="launch.py.j2",
        module="._launch",
        content=LaunchPlan(
            "How the host starts a plugin: the constants of its handshake.", launch
        ),
        defines=("LAUNCH",),
    )
