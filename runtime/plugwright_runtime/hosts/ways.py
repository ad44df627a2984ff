"""Which way is a plugin started? That of its system's launch style."""

from __future__ import annotations

from typing import TypeAlias

from ..styles.goplugin.spec import PluginSpec
from ..styles.launch import Style
from ..styles.port_on_stdout import PortOnStdout
from ..styles.socket_argument import SocketArgument
from .core import MakeWay

Known: TypeAlias = PluginSpec | SocketArgument | PortOnStdout
Spec: TypeAlias = Known | Style
"""What an application fixes about its plugins; generated code has it as a `Style`."""


def known(spec: Spec) -> Known:
    """Raises TypeError for what is no style of ours."""
    if isinstance(spec, Known):
        return spec
    raise TypeError(f"a host needs a PluginSpec, SocketArgument or PortOnStdout, not {spec!r}")


def way_of(spec: Known) -> MakeWay:
    """What makes the way of a style, which loads when it is used."""
    if isinstance(spec, PluginSpec):
        from .go_plugin import GoPluginWay

        return lambda options, folder: GoPluginWay(spec, options, folder)
    if isinstance(spec, SocketArgument):
        from .socket_argument import SocketArgumentWay

        return lambda options, folder: SocketArgumentWay(spec, options, folder)
    from .port_on_stdout import PortOnStdoutWay

    return lambda options, folder: PortOnStdoutWay(spec, options, folder)
