"""Can plugins be started as [launch] says? A problem for each key that is missing or of no use."""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem, shown
from ...settings.tables import Launch, Settings
from ...settings.validity import is_variable
from ..launch import STYLES, Style

_EVERY_STYLE = {
    *("style", "service", "id_env", "path_env", "manifest"),
    *("max_message_bytes", "max_status_bytes", "grace_seconds"),
}
_AUTO_MTLS = ("host", "require", "never")
_STATUS_BYTES = 4 * 1024 * 1024  # as the runtime checks it


def problems(settings: Settings, has_hooks: bool) -> Iterator[Problem]:
    """The problems of the table, if there is one."""
    launch = settings.launch
    if launch == Launch():
        return
    if not has_hooks and not launch.services:
        text = (
            "[launch] starts plugins, which need hooks or a service to serve; set `service` in "
            "[hooks] or in [launch]"
        )
        yield Problem(settings.where("launch"), text)
    if launch.style not in STYLES:
        known = " or ".join(map(repr, STYLES))
        text = f"style in [launch] must be {known}, got {launch.style!r}"
        yield Problem(settings.where("launch.style"), text)
        return
    yield from _values(settings)
    yield from _cookies(settings)
    yield from _keys(settings, STYLES[launch.style])


def _values(settings: Settings) -> Iterator[Problem]:
    launch = settings.launch
    if "/" in launch.manifest or "\\" in launch.manifest:
        text = f"manifest in [launch] must be the name of a file, got {launch.manifest!r}"
        yield Problem(settings.where("launch.manifest"), text)
    if launch.max_status_bytes and not 256 <= launch.max_status_bytes <= _STATUS_BYTES:
        text = f"max-status-bytes in [launch] must be a number from 256 to {_STATUS_BYTES}"
        text += f", got {launch.max_status_bytes}"
        yield Problem(settings.where("launch.max-status-bytes"), text)
    if launch.auto_mtls not in _AUTO_MTLS:
        known = " or ".join(map(repr, _AUTO_MTLS))
        text = f"auto-mtls in [launch] must be {known}, got {launch.auto_mtls!r}"
        yield Problem(settings.where("launch.auto-mtls"), text)


def _cookies(settings: Settings) -> Iterator[Problem]:
    for service, cookie in settings.launch.cookies.items():
        if len(cookie) != 2 or "" in cookie or not is_variable(cookie[0]) or "\0" in cookie[1]:
            text = f"cookies of {service} must be the variable and its value, as in "
            text += f'["KEY", "value"], got {shown(list(cookie))}'
            yield Problem(settings.where("launch.cookies"), text)


def _keys(settings: Settings, style: Style) -> Iterator[Problem]:
    """The keys that the style needs and that are not set, and those that mean nothing to it."""
    launch = settings.launch
    for key in style.needs:
        if not getattr(launch, key) and not (launch.cookies and key.startswith("cookie")):
            text = f"[launch] needs {_spelled(key)}, from the handshake of the host"
            yield Problem(settings.where("launch"), text)
    known = _EVERY_STYLE.union(style.knows)
    for key in Launch._fields:
        if key not in known and getattr(launch, key) != getattr(Launch(), key):
            text = f"{_spelled(key)} means nothing to style {launch.style!r}"
            text += f"; known are: {', '.join(sorted(map(_spelled, known)))}"
            yield Problem(settings.where(f"launch.{_spelled(key)}"), text)


def _spelled(key: str) -> str:
    return key.replace("_", "-")
