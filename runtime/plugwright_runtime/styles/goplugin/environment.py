"""What did the host ask for when it started this process?

In: the environment (a mapping of strings) and the `PluginSpec`. Out: a frozen `Wishes`, or a
`LaunchError` whose text is for the person who has to fix it. Nothing here touches the process or
the file system. Called by `preparation` (the cookie) and `process` (everything else).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...exceptions import LaunchError
from ...process.endpoint import is_speakable
from .spec import PluginSpec

VERSIONS = "PLUGIN_PROTOCOL_VERSIONS"
MIN_PORT = "PLUGIN_MIN_PORT"
MAX_PORT = "PLUGIN_MAX_PORT"
CLIENT_CERTIFICATE = "PLUGIN_CLIENT_CERT"
SOCKET_DIRECTORY = "PLUGIN_UNIX_SOCKET_DIR"
SOCKET_GROUP = "PLUGIN_UNIX_SOCKET_GROUP"
MULTIPLEX = "PLUGIN_MULTIPLEX_GRPC"


class NotStartedByHost(LaunchError):
    """The cookie is missing or wrong: a person ran the plugin by hand. The text explains, in
    several lines.
    """


@dataclass(frozen=True, slots=True)
class PortRange:
    """TCP ports to try in order, both ends included; (0, 0) lets the system choose."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """The host's wishes, decided.

    `version`: the application protocol version to serve. `network`: where to listen; `ports` counts
    for "tcp", `socket_directory` (None = the system's temporary directory) and `socket_group` (name
    or gid) for "unix". `client_certificate`: PEM of the host's certificate, None = plain
    connections. `multiplex_field`: whether the handshake line needs its seventh field. `reattach`:
    started by hand for a debugger, there is no host process.
    """

    version: int
    network: Literal["unix", "tcp"]
    ports: PortRange
    socket_directory: str | None
    socket_group: str | None
    client_certificate: str | None
    multiplex_field: bool
    reattach: bool


def started_by_host(spec: PluginSpec, environ: Mapping[str, str]) -> bool:
    """Whether the cookie matches. It is a courtesy to people, not a security measure."""
    return any(environ.get(key) == value for key, value in spec.every_cookie)


def read_wishes(spec: PluginSpec, environ: Mapping[str, str], *, reattach: bool = False) -> Wishes:
    """Decide everything the environment decides; raises `LaunchError`. With `reattach` no cookie is
    needed.
    """
    if not reattach and not started_by_host(spec, environ):
        raise NotStartedByHost(explain_cookie(spec, environ))
    directory = environ.get(SOCKET_DIRECTORY) or None
    network = choose_network(spec, directory)
    return Wishes(
        version=choose_version(spec.versions, environ.get(VERSIONS, "")),
        network=network,
        ports=read_ports(environ) if network == "tcp" else PortRange(0, 0),
        socket_directory=check_directory(directory) if network == "unix" else None,
        socket_group=environ.get(SOCKET_GROUP) or None,
        client_certificate=choose_certificate(spec, environ.get(CLIENT_CERTIFICATE) or None),
        multiplex_field=bool(environ.get(MULTIPLEX)),
        reattach=reattach,
    )


def explain_cookie(spec: PluginSpec, environ: Mapping[str, str]) -> str:
    """What a person reads who ran the plugin in a shell."""
    keys = [key for key, _ in spec.every_cookie]
    state = "has another value" if any(key in environ for key in keys) else "is not set"
    # What is reattached has no certificate of the host's.
    debug = "run it in a test" if spec.auto_mtls == "require" else "start it with --reattach"
    return (
        "this program is a plugin: it cannot be run on its own, its host starts it.\n"
        f"(a host sets the environment variable {' or '.join(keys)} to a value they agreed on; "
        f"here it {state}.)\n"
        f"install the plugin in its host, or {debug} to debug it."
    )


def choose_version(own: tuple[int, ...], offered: str) -> int:
    """The highest common version; none common or nothing offered: the lowest own, and the host
    reports the mismatch.
    """
    theirs = {number for number in map(parse_version, offered.split(",")) if number is not None}
    return max(theirs.intersection(own), default=min(own))


def parse_version(text: str) -> int | None:
    """A version number of the host's list; None for what is no number, which hosts expect to be
    skipped.
    """
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def choose_network(spec: PluginSpec, directory: str | None) -> Literal["unix", "tcp"]:
    """Unix sockets where there are any, unless the application fixed it; a socket directory needs
    Unix sockets.
    """
    has_unix = sys.platform != "win32"
    if spec.network == "unix" and not has_unix:
        raise LaunchError(
            "this platform has no Unix sockets: use network='auto' or 'tcp' in the PluginSpec"
        )
    if spec.network == "tcp" and directory:
        raise LaunchError(
            f"the host wants Unix sockets ({SOCKET_DIRECTORY} is set), "
            "but this plugin's PluginSpec says network='tcp'"
        )
    return "unix" if has_unix and spec.network != "tcp" else "tcp"


def read_ports(environ: Mapping[str, str]) -> PortRange:
    """The TCP port range; both unset means any port, as does a range that starts at 0."""
    first, last = (read_port(environ, name) for name in (MIN_PORT, MAX_PORT))
    if first is None and last is None:
        return PortRange(0, 0)
    if first is None or last is None:
        unset, given = (MIN_PORT, MAX_PORT) if first is None else (MAX_PORT, MIN_PORT)
        raise LaunchError(f"{given} is set but {unset} is not: the host must set both or none")
    if first > last:
        raise LaunchError(
            f"{MIN_PORT}={first} is greater than {MAX_PORT}={last}: the host must swap them"
        )
    return PortRange(first, last)


def read_port(environ: Mapping[str, str], name: str) -> int | None:
    """One port number, 0 to 65535; None if the variable is unset or empty."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= 65535):
        raise LaunchError(f"{name}={text!r} is no port number: the host must set 0 to 65535")
    return int(text)


def check_directory(directory: str | None) -> str | None:
    """The directory for sockets as an absolute path; its text travels in the handshake line, so no
    '|' or newline.
    """
    if directory is None:
        return None
    if not is_speakable(directory):
        raise LaunchError(
            f"{SOCKET_DIRECTORY}={directory!r} contains '|' or a line break, "
            "which a handshake cannot carry: the host must choose another"
        )
    return os.path.abspath(directory)


def choose_certificate(spec: PluginSpec, certificate: str | None) -> str | None:
    """The host's certificate, under the policy of the application."""
    if certificate is None and spec.auto_mtls == "require":
        raise LaunchError(
            f"this plugin requires AutoMTLS, but {CLIENT_CERTIFICATE} is not set: "
            "enable it in the host"
        )
    if certificate is not None and spec.auto_mtls == "never":
        raise LaunchError(
            f"the host asks for AutoMTLS ({CLIENT_CERTIFICATE} is set), "
            "which this plugin's PluginSpec does not allow"
        )
    return certificate
