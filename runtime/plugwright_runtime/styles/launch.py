"""How does a plugin class become the process that a host has started?

In: the class and the SDK's `Launch`. `run`, which a generated `run_plugin` calls, serves an
instance in the launch style of the SDK until the host ends it. The room `styles` has a module for
each style, the room `process` what they have in common.

| style                     | stdout                             | logs                 | ends |
|---------------------------|------------------------------------|----------------------|------|
| `GoPlugin`                | handshake; prints go over gRPC     | JSON lines on stderr | 1, 3 |
| `SocketArgument`          | the log; prints become records     | stdout               | 2, 3 |
| `PortOnStdout`            | the port; prints go to stderr      | text on stderr       | 2, 3, 4 |

Ends: 1 `Shutdown` of the host or SIGTERM, 2 SIGTERM or SIGINT, 3 with its parent, 4 with its stdin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:  # `prepare` comes before grpc is imported, which the others do
    from ..process.application import Application


class Style(Protocol):
    """One way to start a plugin: its constants, and what they are for."""

    @property
    def max_status_bytes(self) -> int:
        """Of the details of an error that the host takes."""
        ...

    def prepare(self) -> None:
        """Put stdout aside and send logs to the host, if a host started this process; once. Called
        when an SDK is imported, before grpc and the program's own modules are, and again by `run`.
        """
        ...

    def run(self, application: Application) -> NoReturn:
        """Be the process of `application`; never returns."""
        ...


@dataclass(frozen=True, slots=True)
class Launch:
    """How a host starts the plugins of one SDK.

    `style`: the way and its constants. `id_env`, `path_env`: the variables with the plugin's id and
    folder, "" if the host has none. `manifest`: the JSON file in the folder of a plugin, in which
    its host starts it, that has its id where they are not set. `versions`: the services that are
    served in one version of the application protocol alone.
    """

    style: Style
    id_env: str = ""
    path_env: str = ""
    manifest: str = ""
    versions: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


def run(plugin: type[Any], launch: Launch) -> NoReturn:
    """Be the process of `plugin`; never returns."""
    from ..process.application import Application, is_plugin
    from ..process.identity import IdentitySources

    if not is_plugin(plugin):
        raise TypeError(
            f"run_plugin takes a plugin class, as in run_plugin(MyPlugin), not {plugin!r}"
        )
    style = launch.style
    style.prepare()
    sources = IdentitySources(launch.id_env, launch.path_env, launch.manifest)
    style.run(Application(plugin, sources, style.max_status_bytes, launch.versions))
