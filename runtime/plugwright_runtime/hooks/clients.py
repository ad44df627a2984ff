"""Which API clients does a plugin instance hold?

Each is made when it is first asked for: by the accessors of a generated `Plugin`, or by the
hand-written base of a system. `process.application` closes them when the plugin ends, test kits
when the test does.
"""

from __future__ import annotations

import inspect
import logging
from typing import Any, TypeVar

C = TypeVar("C")

_HELD = "_plugwright_clients"  # among the attributes of an instance, where no field of its own is

_log = logging.getLogger("plugwright.hooks")


class Clients:
    """The clients of one instance. `target`: where the API is; None = where they find it."""

    def __init__(self, target: str | None = None) -> None:
        self._target = target
        self._made: dict[type, Any] = {}

    def of(self, cls: type[C]) -> C:
        """The client of class `cls`."""
        client = self._made.get(cls)
        if client is None:
            make: Any = cls
            # Of two threads that come here at once both get the same.
            client = self._made.setdefault(cls, make(self._target))
        made: C = client
        return made

    async def close(self) -> None:
        """Close all of them, on the loop that the instance's coroutines ran on."""
        for client in tuple(self._made.values()):
            try:
                closing = client.close()
                if inspect.isawaitable(closing):
                    await closing
            except Exception:
                _log.exception("an API client could not be closed")


def clients_of(plugin: object) -> Clients:
    """What an instance holds; without `hold`, clients of where its host says that it listens."""
    attributes: dict[str, Any] = plugin.__dict__
    if _HELD not in attributes:
        attributes.setdefault(_HELD, Clients(getattr(plugin, "host_address", "") or None))
    clients: Clients = attributes[_HELD]
    return clients


def hold(plugin: object, clients: Clients) -> None:
    """Make these the clients of an instance; those it held are the caller's to close."""
    plugin.__dict__[_HELD] = clients
