"""What does a host have to know of a launch style?

A `Way` is made for one process: what that process is told, how it tells where it listens, and how
it is asked to stop. The modules `go_plugin`, `socket_argument` and `port_on_stdout` have one each;
`ways` chooses. Called by `core`, on the loop of hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from ..process.endpoint import Endpoint
from ..process.server_limits import ServerLimits
from ..rpc.servicer import Servicer
from ..styles.goplugin.broker import Dialled
from ..styles.goplugin.offers import BrokerError
from ..styles.goplugin.transport import Reached
from .attach import Attached, Running
from .child import Child
from .failures import AttachError, ExitedAtStart, HandshakeError
from .options import Options
from .served import Serving

S = TypeVar("S", bound=ServerLimits)

LAST_WORDS_SECONDS = 1.0  # in which a process whose stdout has ended may end itself


class Way(ABC, Generic[S]):
    """How one plugin is started. `folder`: private to it and its host, for sockets.

    `arguments`, `variables`: what the process is given besides what the application gives it.
    `version`: of the application's protocol, once that is known. `endpoint`: where others can reach
    the plugin too, None if nobody can.
    """

    awaited: ClassVar[str]
    """What the process must do first, in words."""
    level_words: ClassVar[bool] = True
    """Whether the first word of a line of its log may be a level."""

    def __init__(self, style: S, options: Options, folder: str) -> None:
        self.style = style
        self.options = options
        self.folder = folder
        self.arguments: tuple[str, ...] = ()
        self.variables: Mapping[str, str] = {}
        self.version = 0
        self.endpoint: Endpoint | None = None

    @abstractmethod
    async def reached(self, child: Child) -> Reached:
        """Where a channel reaches the plugin, as soon as it listens; raises a `StartError`."""

    async def attached(self, running: Running) -> Reached:
        """As `reached`, of a plugin that somebody else has started."""
        raise AttachError(f"plugins of the style {type(self.style).__name__} are not attached to")

    def api_place(self, variable: str) -> Endpoint:
        """Where what the plugin calls is served, in private if it can be."""
        if not variable:
            raise BrokerError(
                f"plugins of the style {type(self.style).__name__} are not told an address when "
                "they start: give the Api its variable, or serve it once the plugin runs"
            )
        return Endpoint("unix", os.path.join(self.folder, "api.sock"))

    def tell_api(self, variable: str, endpoint: Endpoint) -> None:
        """Tell the plugin the address."""
        unix = endpoint.network == "unix"
        told = f"unix://{endpoint.address}" if unix else endpoint.address
        self.variables = {**self.variables, variable: told}

    async def connected(self, channel: Any) -> None:
        """The channel is ready: open what the style has besides calls."""

    async def ask_to_stop(self, child: Child | Attached, channel: Any, seconds: float) -> None:
        """Tell the plugin that it shall end."""
        child.terminate()

    async def close(self) -> None:
        """The plugin is gone."""

    async def serve(self, servicer: Servicer, serving: Serving) -> int:
        """Offer a service to the plugin under a number, which is told to it in a message."""
        raise BrokerError(f"plugins of the style {type(self.style).__name__} have no broker")

    async def dial(self, number: int) -> Dialled:
        """Connect to what the plugin offers under a number."""
        raise BrokerError(f"plugins of the style {type(self.style).__name__} have no broker")


async def first_line(child: Child, awaited: str) -> bytes:
    """What the process printed first; raises if that was nothing."""
    line = await asyncio.wrap_future(child.first_line)
    if line is not None:
        return line
    with contextlib.suppress(TimeoutError):
        exit = await asyncio.wait_for(asyncio.wrap_future(child.exited), LAST_WORDS_SECONDS)
        raise ExitedAtStart(f"the plugin {exit} before {awaited}")
    raise HandshakeError(f"the plugin closed its stdout before {awaited}")


def not_there(endpoint: Endpoint, error: OSError) -> HandshakeError:
    why = error.strerror or error
    text = f"the plugin says that it listens on {endpoint.address}, and does not: {why}"
    return HandshakeError(text)


async def check_listens(endpoint: Endpoint) -> None:
    """Raises `HandshakeError` if nobody accepts connections there."""
    try:
        if endpoint.network == "unix":
            _, writer = await asyncio.open_unix_connection(endpoint.address)
        else:
            host, _, port = endpoint.address.rpartition(":")
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except OSError as error:
        raise not_there(endpoint, error) from None
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
