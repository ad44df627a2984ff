"""What is an organizer? Subclass `Organizer`, override the calls you care about, run it.

The server calls the organizer, and from the handshake on the organizer calls the server: `srv` in
coroutines, `srv_sync` in plain functions. The handshake itself is done here.

What a call means to the server if it does not answer is decided by its status alone; `Abort`,
`Unimplemented` and `UserVisible` are the ones to choose from. Anything else that a handler raises,
also the failure of a call to the server, is a bug: the log has it, users see no more than that
there was an internal error. So a failure never looks like "use your default".
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar, final

from clapshot_organizer.clients import AsyncClapshotClient, ClapshotClient
from clapshot_organizer.models import (
    CmdFromClientRequest,
    Empty,
    OrganizerInfo,
    ServerInfo,
    UserSessionData,
)
from clapshot_organizer.servicers import OrganizerInboundServicer
from plugwright_runtime import errors
from plugwright_runtime.fit.commands import CommandTable, called, marked
from plugwright_runtime.fit.fitting import Misfit
from plugwright_runtime.fit.json_args import Dataclass
from plugwright_runtime.hooks.clients import Clients, clients_of, hold
from plugwright_runtime.hooks.plugin import ServicePlugin
from plugwright_runtime.process.endpoint import Endpoint
from plugwright_runtime.rpc.conventions import StatusErrors
from plugwright_runtime.rpc.servicer import Reply, ServerContext

T = TypeVar("T")
A = TypeVar("A", bound=Dataclass)
C = TypeVar("C")
R = TypeVar("R", bound=Awaitable[None] | None)

Abort = errors.Abort
Unimplemented = errors.Unimplemented

Status: TypeAlias = Literal[
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "FAILED_PRECONDITION",
    "RESOURCE_EXHAUSTED",
    "OUT_OF_RANGE",
    "UNAVAILABLE",
    "INTERNAL",
]


class UserVisible(errors.StatusError):
    """A failure that the user is shown, with this text and status.

    `NOT_FOUND` in `check_migrations` and `list_tests` means that there are none.
    """

    def __init__(
        self,
        message: str = "",
        status: Status = "FAILED_PRECONDITION",
        *,
        code: Any = None,
        **fields: Any,
    ) -> None:
        super().__init__(message, code=code or errors.code_named(status), **fields)


def command(
    name: str,
) -> Callable[[Callable[[T, A, UserSessionData], R]], Callable[[T, A, UserSessionData], R]]:
    """Handle the command that scripts in the browser send as `clapshot.callOrganizer(name, args)`.

    The method's first parameter after `self` is a dataclass: the JSON of `args` is checked against
    it, strictly. The second is the session. It may be a coroutine.

        @dataclass
        class Rename:
            folder_id: int
            name: str

        @command("rename")
        def rename(self, args: Rename, ses: UserSessionData) -> None: ...
    """
    checked = called(name)

    def mark(
        function: Callable[[T, A, UserSessionData], R],
    ) -> Callable[[T, A, UserSessionData], R]:
        return marked(function, checked)

    return mark


class Policy(StatusErrors):
    """What the server is told of an exception: only what was raised for it."""

    def told(self, error: BaseException, rpc: str) -> BaseException:
        meant = isinstance(error, errors.PluginAPIError) and not error.rpc
        if meant or isinstance(error, errors.DecodeError):
            return error
        return UserVisible(f"internal error of the organizer in {rpc}", "INTERNAL")


class Organizer(OrganizerInboundServicer, ServicePlugin):
    """Serves what the server asks of an organizer, and holds the clients to ask the server.

    Set `info`; override `on_connected` and the calls of `OrganizerInbound`. What is not overridden
    answers UNIMPLEMENTED, which mostly means "do what you do without an organizer".
    """

    __errors__ = Policy()

    info: ClassVar[OrganizerInfo]
    """What the organizer tells about itself in the handshake; `name` must be set."""

    server_info: ServerInfo | None
    """What the server said in the handshake; None before."""

    _commands: CommandTable
    _connecting: asyncio.Lock

    def __new__(cls, *arguments: Any, **keywords: Any) -> Self:
        info = getattr(cls, "info", None)
        if not isinstance(info, OrganizerInfo) or not info.name:
            raise TypeError(
                f"{cls.__name__} needs a name: info = OrganizerInfo(name='org.example.mine', …)"
            )
        self = super().__new__(cls)
        self.server_info = None
        self._commands = CommandTable(cls, ("ses",))
        self._connecting = asyncio.Lock()
        return self

    @property
    def srv(self) -> AsyncClapshotClient:
        """The server, for coroutines. Raises RuntimeError before the handshake."""
        return self._connected(AsyncClapshotClient)

    @property
    def srv_sync(self) -> ClapshotClient:
        """The server, for plain functions. Raises RuntimeError before the handshake."""
        return self._connected(ClapshotClient)

    def on_connected(self, server: ServerInfo, /) -> Reply[None]:
        """Called within the handshake, when `srv` can be used: open your database here.

        May be a coroutine. If it raises, the handshake fails, and the server does not start.
        """
        return None

    @final
    async def handshake(self, request: ServerInfo, context: ServerContext, /) -> Empty | None:
        """Connect back to the server, introduce the organizer, and call `on_connected`."""
        async with self._connecting:
            target = target_of(request)
            former, known = clients_of(self), self.server_info
            clients = Clients(target)
            hold(self, clients)
            self.server_info = request
            try:
                await self.srv.handshake(self.info)
                await _call(self.on_connected, request)
            except BaseException:
                hold(self, former)
                self.server_info = known
                await clients.close()
                raise
            await former.close()
        self.logger.info("connected to the Clapshot server at %s", target)
        return None

    def cmd_from_client(
        self, request: CmdFromClientRequest, context: ServerContext, /
    ) -> Reply[Empty | None]:
        """Call the method that `command` marks for this command."""
        found = self._commands.find(request.cmd)
        if found is None:
            raise Unimplemented(f"the organizer has no command {request.cmd[:60]!r}")
        try:
            arguments = self._commands.arguments(found, request.args)
        except Misfit as error:
            text = f"command {request.cmd!r}: {error}"
            raise UserVisible(text, "INVALID_ARGUMENT") from error
        method: Callable[[Any, UserSessionData], Reply[None]] = getattr(self, found.method)
        return method(arguments, request.ses or UserSessionData())

    def _connected(self, cls: type[C]) -> C:
        if self.server_info is None:
            raise RuntimeError(
                "not connected: the server can be called from `on_connected` on, so not in "
                "__init__ and not during migrations"
            )
        return clients_of(self).of(cls)


def target_of(server: ServerInfo) -> str:
    """Where the server listens for the organizer, as gRPC spells it."""
    kinds = ServerInfo.GrpcEndpoint.Endpoint
    match server.backchannel.endpoint if server.backchannel else None:
        case kinds.Unix(unix):
            return Endpoint("unix", unix.path).target
        case kinds.Tcp(tcp):
            host = f"[{tcp.host}]" if ":" in tcp.host else tcp.host
            return f"{host}:{tcp.port}"
        case None:
            raise UserVisible("the server does not say where it can be reached")


async def _call(function: Callable[[ServerInfo], Reply[None]], server: ServerInfo) -> None:
    """Call a hook: a coroutine here, a function in a thread."""
    if inspect.iscoroutinefunction(function):
        await function(server)
        return
    result = await asyncio.to_thread(function, server)
    if inspect.isawaitable(result):
        await result
