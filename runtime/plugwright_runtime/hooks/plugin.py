"""What is a plugin? The bases of plugin classes: with hooks, or serving services."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .broker import Broker
from .clients import clients_of
from .table import HookTable, Registration, registered, warn_of_lookalikes

if TYPE_CHECKING:  # it imports grpc
    from ..rpc.servicer import Servicer

C = TypeVar("C")


class Hosted:
    """What a plugin instance knows of the process it lives in, before its `__init__` runs."""

    logger: logging.Logger = logging.getLogger("plugin")
    """Where the plugin logs; the host shows it in its own log."""

    plugin_id: str = ""
    """The id under which the host knows this plugin; "" if it does not say."""

    plugin_path: str = ""
    """The folder in which the host has installed this plugin; "" if it does not say."""

    protocol_version: int = 0
    """The version of the application protocol that the host has chosen of those of the SDK; 0 under
    a test, and where hosts do not speak go-plugin."""

    broker: Broker = Broker()
    """Further connections to and from the host; calls of it are refused under a test, and where
    hosts do not speak go-plugin."""

    host_address: str = ""
    """Where the host listens itself, if it said so on the command line."""

    host_arguments: tuple[str, ...] = ()
    """What else it said there (`port-on-stdout`)."""

    def servicers(self) -> Iterable[Servicer]:
        """Objects that serve further services, beside those whose servicers the class extends.
        Asked once, after `__init__`.
        """
        return ()


class ServicePlugin(Hosted):
    """The base of a plugin that serves services: beside their servicers,

        class Mine(EchoServicer, ClockServicer, ServicePlugin): ...

    or with an object for each, where two have an RPC of the same name: return them from
    `servicers`.
    """

    def on_stop(self) -> Awaitable[None] | None:
        """Called last, after the last call has ended; may be a coroutine."""
        return None


OWN_NAMES = frozenset(n for c in (Hosted, ServicePlugin) for n in vars(c) if n[0] != "_")
"""What a plugin has for itself: no RPC can be served by a method that is called so."""


class PluginBase(Hosted):
    """Finds decorated handlers when a subclass is defined; an instance holds its clients."""

    __hooks__: ClassVar[HookTable]
    __registered__: ClassVar[dict[str, Registration]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "__hooks__"):
            cls.__registered__ = registered(cls, cls.__hooks__)
            warn_of_lookalikes(cls, cls.__hooks__)

    @classmethod
    def implemented_hooks(cls) -> list[str]:
        """The names of the hooks the host is to call, as it is told."""
        return cls.__hooks__.told(cls.__registered__)

    def _client(self, cls: type[C]) -> C:
        """The instance's client of class `cls`, made when it is first asked for."""
        return clients_of(self).of(cls)
