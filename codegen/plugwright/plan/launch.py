"""How does the host start a plugin? `[launch]` in; `_launch.py` of the SDK out, or nothing.

Plugins have hooks, or they serve a service by subclassing its servicer; `plugin.py` of the latter
is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..problems import Problems
from ..protos.schema import Schema, Service
from ..python import runtime
from ..python.layout import quote
from ..python.symbols import Symbol
from ..settings.tables import Launch, Settings
from .methods import MethodPlanner, find_service
from .nodes import ModulePlan


class Style(NamedTuple):
    """`name`: as configured; `constants`: the class of the runtime; `needs`, `knows`: attributes of
    `settings.Launch` that must and that may be set."""

    name: str
    constants: Symbol
    needs: tuple[str, ...]
    knows: tuple[str, ...]


_ALL = (
    *("style", "service", "id_env", "path_env", "manifest"),
    *("max_message_bytes", "max_status_bytes", "grace_seconds"),
)
STYLES = (
    Style(
        "go-plugin",
        runtime.GoPlugin,
        ("cookie_key", "cookie_value"),
        ("cookie_key", "cookie_value", "versions", "auto_mtls", "log_level_envs"),
    ),
    Style(
        "socket-argument",
        runtime.SocketArgument,
        (),
        ("file_scheme",),
    ),
    Style(
        "port-on-stdout",
        runtime.PortOnStdout,
        (),
        ("log_level_envs",),
    ),
)
AUTO_MTLS = ("host", "require", "never")
STATUS_BYTES = 4 * 1024 * 1024  # as the runtime checks it


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


def modules(settings: Settings, has_hooks: bool, problems: Problems) -> Iterator[ModulePlan]:
    """`_launch.py`; a problem for each setting that is missing or of no use."""
    launch = settings.launch
    if launch == Launch():
        return
    where = settings.where("launch")
    if not has_hooks and not launch.service:
        text = (
            "[launch] starts plugins, which need hooks or a service to serve; set `service` in "
            "[hooks] or in [launch]"
        )
        problems.add(where, text)
    if has_hooks and launch.service:
        text = "a plugin has hooks or serves a service; `service` is set in [hooks] too: remove one"
        problems.add(settings.where("launch.service"), text)
    style = next((s for s in STYLES if s.name == launch.style), None)
    if style is None:
        known = " or ".join(repr(s.name) for s in STYLES)
        text = f"style in [launch] must be {known}, got {launch.style!r}"
        problems.add(settings.where("launch.style"), text)
        return
    _check(settings, style, problems)
    yield ModulePlan(
        path="_launch.py",
        template="launch.py.j2",
        module="._launch",
        content=_plan(launch, style),
        defines=("LAUNCH",),
    )


def _check(settings: Settings, style: Style, problems: Problems) -> None:
    launch = settings.launch
    if "/" in launch.manifest or "\\" in launch.manifest:
        text = f"manifest in [launch] must be the name of a file, got {launch.manifest!r}"
        problems.add(settings.where("launch.manifest"), text)
    if launch.max_status_bytes and not 256 <= launch.max_status_bytes <= STATUS_BYTES:
        text = f"max-status-bytes in [launch] must be a number from 256 to {STATUS_BYTES}"
        text += f", got {launch.max_status_bytes}"
        problems.add(settings.where("launch.max-status-bytes"), text)
    for key in style.needs:
        if not getattr(launch, key):
            text = f"[launch] needs {_spelled(key)}, from the handshake of the host"
            problems.add(settings.where("launch"), text)
    if launch.auto_mtls not in AUTO_MTLS:
        known = " or ".join(map(repr, AUTO_MTLS))
        text = f"auto-mtls in [launch] must be {known}, got {launch.auto_mtls!r}"
        problems.add(settings.where("launch.auto-mtls"), text)
    for key in Launch._fields:
        if key in _ALL or key in style.knows:
            continue
        if getattr(launch, key) != getattr(Launch(), key):
            known = ", ".join(sorted(map(_spelled, {*_ALL, *style.knows})))
            text = f"{_spelled(key)} means nothing to style {style.name!r}; known are: {known}"
            problems.add(settings.where(f"launch.{_spelled(key)}"), text)


def _spelled(key: str) -> str:
    return key.replace("_", "-")


def _plan(launch: Launch, style: Style) -> LaunchPlan:
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


def served(settings: Settings, schema: Schema) -> Service | None:
    """The service that plugins of this SDK serve instead of hooks."""
    return find_service(schema, settings.launch.service)


def service_modules(service: Service, planner: MethodPlanner) -> Iterable[ModulePlan]:
    """`plugin.py` of plugins that serve `service`."""
    names = planner.services[service.full_name]
    content = ServicePluginPlan(
        doc=f"The process of a plugin that serves {service.full_name}.",
        servicer=Symbol(f".servicers.{names.module}", names.servicer),
        service=service.full_name,
    )
    yield ModulePlan(
        path="plugin.py",
        template="service_plugin.py.j2",
        module=".plugin",
        content=content,
        defines=("run_plugin",),
        lazy=True,
    )
