"""How does the host start a plugin? `[launch]` in; `_launch.py` of the SDK out, or nothing.

Plugins have hooks, or they serve a service by subclassing its servicer; `plugin.py` of the latter
is made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..python import runtime
from ..python.layout import quote
from ..python.symbols import Symbol
from ..settings.tables import Launch, Settings
from .context import Context
from .nodes import ModulePlan


class Style(NamedTuple):
    """`constants`: the class of the runtime; `needs`, `knows`: attributes of `settings.Launch` that
    must and that may be set, beside those that every style has."""

    constants: Symbol
    needs: tuple[str, ...]
    knows: tuple[str, ...]


STYLES = {
    "go-plugin": Style(
        runtime.GoPlugin,
        ("cookie_key", "cookie_value"),
        ("cookie_key", "cookie_value", "versions", "auto_mtls", "log_level_envs"),
    ),
    "socket-argument": Style(runtime.SocketArgument, (), ("file_scheme",)),
    "port-on-stdout": Style(runtime.PortOnStdout, (), ("log_level_envs",)),
}


class LaunchPlan(NamedTuple):
    """`arguments`: (name, literal) of the style's constants, texts of a tuple unquoted."""

    doc: str
    launch: Launch
    constants: Symbol
    positional: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...]


class ServicePluginPlan(NamedTuple):
    doc: str
    servicer: Symbol
    service: str


def configured(settings: Settings) -> Launch | None:
    """The launch settings, if plugins of this SDK can be started at all."""
    return settings.launch if settings.launch.style else None


def mtls(settings: Settings) -> str:
    """Whether plugins use AutoMTLS: a value of `auto-mtls`, "never" in other styles too."""
    launch = settings.launch
    return launch.auto_mtls if launch.style == "go-plugin" else "never"


def modules(settings: Settings) -> Iterator[ModulePlan]:
    """`_launch.py`, if plugins of this SDK can be started."""
    if settings.launch.style in STYLES:
        yield ModulePlan(
            path="_launch.py",
            template="launch.py.j2",
            module="._launch",
            content=_plan(settings.launch),
            defines=("LAUNCH",),
        )


def _plan(launch: Launch) -> LaunchPlan:
    style = STYLES[launch.style]
    arguments: list[tuple[str, str]] = []
    if "versions" in style.knows:
        versions = ", ".join(map(str, launch.versions))
        comma = "," if len(launch.versions) == 1 else ""
        arguments.append(("versions", f"({versions}{comma})"))
    if launch.auto_mtls != Launch().auto_mtls:
        arguments.append(("auto_mtls", quote(launch.auto_mtls)))
    if launch.max_message_bytes:
        arguments.append(("max_message_bytes", str(launch.max_message_bytes)))
    if launch.max_status_bytes:
        arguments.append(("max_status_bytes", str(launch.max_status_bytes)))
    if launch.grace_seconds:
        arguments.append(("grace_seconds", str(launch.grace_seconds)))
    if launch.file_scheme:
        arguments.append(("file_scheme", "True"))
    return LaunchPlan(
        doc="How the host starts a plugin: the constants of its handshake.",
        launch=launch,
        constants=style.constants,
        positional=tuple(getattr(launch, key) for key in style.needs),
        arguments=tuple(arguments),
    )


def service_modules(context: Context) -> Iterator[ModulePlan]:
    """`plugin.py` of plugins that serve a service instead of hooks."""
    if context.served is None or context.hooks is not None:
        return
    names = context.services[context.served.full_name]
    content = ServicePluginPlan(
        doc=f"The process of a plugin that serves {context.served.full_name}.",
        servicer=Symbol(f".servicers.{names.module}", names.servicer),
        service=context.served.full_name,
    )
    yield ModulePlan(
        path="plugin.py",
        template="service_plugin.py.j2",
        module=".plugin",
        content=content,
        defines=("run_plugin",),
        lazy=True,
    )
