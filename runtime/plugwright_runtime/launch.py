"""How does a plugin class become the process that a host has started?

In: the class and the SDK's `Launch`. `run` makes the instance and serves it in the launch style of
the SDK until the host ends it. What the styles have in common is in `serving` and `application`.

| style                     | stdout                             | logs                 | ends |
|---------------------------|------------------------------------|----------------------|------|
| `PluginSpec` (go-plugin)  | handshake; prints go over gRPC     | JSON lines on stderr | 1, 3 |
| `SocketArgument`          | the log; prints become records     | stdout               | 2, 3 |
| `PortOnStdout`            | the port; prints go to stderr      | text on stderr       | 2, 3, 4 |

Ends: 1 `Shutdown` of the host or SIGTERM, 2 SIGTERM or SIGINT, 3 with its parent, 4 with its stdin.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from .styles.goplugin.spec import PluginSpec

if TYPE_CHECKING:  # `prepare` comes before grpc is imported, which the others do
    from .process.application import Application
    from .styles.port_on_stdout import PortOnStdout
    from .styles.socket_argument import SocketArgument

    Style: TypeAlias = PluginSpec | SocketArgument | PortOnStdout

REATTACH = "--reattach"

_host_environ: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """How a host starts the plugins of one SDK.

    `style`: the way and its constants. `id_env`, `path_env`: the variables with the plugin's id and
    folder, "" if the host has none. `manifest`: the JSON file in the folder of a plugin, in which
    its host starts it, that has its id where they are not set.
    """

    style: Style
    id_env: str = ""
    path_env: str = ""
    manifest: str = ""

    def prepare(self) -> None:
        """Put stdout aside and send logs to the host, if a host started this process; once.

        Only go-plugin's hosts can be told before the program calls `run`.
        """
        global _host_environ
        if not isinstance(self.style, PluginSpec):
            return
        from .styles.goplugin.preparation import prepare

        if prepare(self.style) is not None and _host_environ is None:
            _host_environ = dict(os.environ)
            # A program that the plugin starts is no plugin, even if it imports the SDK.
            os.environ.pop(self.style.cookie_key, None)


def run(plugin: type[Any], launch: Launch) -> NoReturn:
    """Be the process of `plugin`; never returns."""
    from .process.application import Application, is_plugin

    if not is_plugin(plugin):
        raise TypeError(
            f"run_plugin takes a plugin class, as in run_plugin(MyPlugin), not {plugin!r}"
        )
    launch.prepare()
    application = Application(plugin, launch)
    if isinstance(launch.style, PluginSpec):
        _run_go_plugin(launch.style, application)
    _run_with_arguments(launch.style, application)


def _run_with_arguments(style: SocketArgument | PortOnStdout, application: Application) -> NoReturn:
    from .styles import port_on_stdout, socket_argument

    match style:
        case socket_argument.SocketArgument():
            socket_argument.run(style, application, sys.argv[1:])
        case port_on_stdout.PortOnStdout():
            port_on_stdout.run(style, application, sys.argv[1:])


def _run_go_plugin(spec: PluginSpec, application: Application) -> NoReturn:
    """With `--reattach` on the command line the plugin is started by hand, for a debugger: no host
    is needed, and the address to attach to is printed.
    """
    from .styles.goplugin.process import PluginContext
    from .styles.goplugin.process import run as run_process

    async def register(context: PluginContext) -> None:
        context.wait_for(application.under_way)
        await application.register(context.server, broker=context.broker)

    run_process(
        spec,
        register,
        on_stop=application.stop,
        environ=_host_environ,
        reattach=REATTACH in sys.argv[1:],
    )
