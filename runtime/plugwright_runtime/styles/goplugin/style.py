"""How does `launch.run` make a plugin the process of a host that speaks go-plugin?

In: the constants of its handshake, from the SDK, and the `Application`. What the process does is in
`preparation`, which comes before grpc is imported, and in `process`.

With `--reattach` on the command line the plugin is started by hand, for a debugger: no host is
needed, and the address to attach to is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from .preparation import hide_cookie, prepare
from .spec import PluginSpec

if TYPE_CHECKING:
    from ...loops.places import HandlerLoop
    from ...process.application import Application
    from .process import PluginContext

REATTACH = "--reattach"


class GoPlugin(PluginSpec):
    """The launch style; its constants are those of the `PluginSpec`."""

    __slots__ = ()

    def prepare(self) -> None:
        """See `preparation.prepare`; the cookie then leaves the environment."""
        if prepare(self) is not None:
            for key, _ in self.every_cookie:
                hide_cookie(key)

    def run(self, application: Application) -> NoReturn:
        """Be the process of `application`; never returns."""
        from .bridged_broker import BridgedBroker
        from .process import run

        async def register(context: PluginContext) -> None:
            def attributes(coroutines: HandlerLoop) -> Mapping[str, Any]:
                broker = BridgedBroker(context.broker, coroutines, application.handlers)
                return {"broker": broker, "protocol_version": context.version}

            context.wait_for(application.under_way)
            await application.register(context.server, attributes)

        run(
            self,
            register,
            on_stop=application.stop,
            reattach=REATTACH in sys.argv[1:],
        )
