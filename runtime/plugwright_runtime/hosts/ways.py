"""Which way is a plugin started? That of its system's launch style."""

from __future__ import annotations

from typing import TypeAlias

from ..styles.goplugin.spec import PluginSpec
from ..styles.port_on_stdout import PortOnStdout
from ..styles.socket_argument import SocketArgument
from .core import MakeWay

Spec: TypeAlias = PluginSpec | SocketArgument | PortOnStdout


def way_of(spec: Spec) -> MakeWay:
    """What makes the way of a style, which loads when it is used."""
    if isinstance(spec, PluginSpec):
        from .go_plugin import GoPluginWay

        return lambda options, folder: GoPluginWay(spec, options, folder)
    if isinstance(spec, SocketArgument):
        from .socket_argument import SocketArgumentWay

        return lambda options, folder: SocketArgumentWay(spec, options, folder)
    if isinstance(spec, PortOnStdout):
        from .port_on_stdout import PortOnStdoutWay

        return lambda options, folder: PortOnStdoutWay(spec, options, folder)
    raise TypeError(f"a host needs a PluginSpec, SocketArgument or PortOnStdout, not {spec!r}")
