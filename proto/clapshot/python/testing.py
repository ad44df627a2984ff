"""How is an organizer tested without a Clapshot server? Between a fake one and a caller of its
calls, in process, over real connections.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from plugwright_runtime.application import close_clients
from plugwright_runtime.handler_loop import Place
from plugwright_runtime.pool import HandlerPool
from plugwright_runtime.servicer import handlers
from plugwright_runtime.testing import BackgroundServer, FakeService

from .clients import OrganizerInboundClient
from .models import (
    Database,
    Empty,
    SemanticVersionNumber,
    ServerInfo,
    UserInfo,
    UserSessionData,
)
from .organizer import Organizer
from .servicers import OrganizerOutboundServicer

T = TypeVar("T", bound=Organizer)


class OrganizerHarness(Generic[T]):
    """An organizer under test, in a `with` statement, which makes the handshake.

    `organizer`: the instance. `server`: the fake; `server.on("DbGetMediaFiles", answer)` says what
    it answers, `server.requests("client_show_page", ClientShowPageRequest)` what it was asked.
    `inbound`: calls the organizer as the server does.
    """

    organizer: T
    inbound: OrganizerInboundClient

    def __init__(
        self,
        organizer: Callable[[], T],
        *,
        database: str = "",
        outbound: OrganizerOutboundServicer | None = None,
        connect: bool = True,
    ) -> None:
        """`organizer`: the class, or a function that makes an instance. `database`: path of the
        SQLite file. `outbound`: a servicer to use as the server; calls that answer nothing need
        none. `connect=False` leaves the handshake to `connect()`, for tests of migrations.
        """
        self._make = organizer
        self._database = database
        self._connect = connect
        self.server = FakeService(outbound or OrganizerOutboundServicer())
        if outbound is None:
            for rpc in OrganizerOutboundServicer.__rpcs__:
                if rpc.nothing:
                    self.server.on(rpc.name, Empty())

    def __enter__(self) -> Self:
        self.organizer = self._make()
        self._pool = HandlerPool()
        self._served = BackgroundServer(self._handlers)
        try:
            address = self._served.start()
            self.inbound = OrganizerInboundClient(address)
            if self._connect:
                self.connect()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def connect(self) -> None:
        """The handshake, as the server makes it."""
        self.inbound.handshake(self.server_info())

    def server_info(self) -> ServerInfo:
        """What the server says in the handshake: that this process is to be called back."""
        host, _, port = self._served.address.rpartition(":")
        tcp = ServerInfo.GrpcEndpoint.TCP(host=host, port=int(port))
        return ServerInfo(
            version=SemanticVersionNumber(minor=8),
            url_base="http://127.0.0.1",
            db=self.database,
            backchannel=ServerInfo.GrpcEndpoint(
                endpoint=ServerInfo.GrpcEndpoint.Endpoint.Tcp(tcp)
            ),
        )

    @property
    def database(self) -> Database:
        """As the calls about migrations name it."""
        return Database(endpoint=self._database)

    def session(
        self, user: str = "alice", *, is_admin: bool = False
    ) -> UserSessionData:
        """A browser session."""
        return UserSessionData(
            sid=f"sid-{user}",
            user=UserInfo(id=user, name=user.title()),
            is_admin=is_admin,
        )

    def _handlers(self, place: Place) -> list[Any]:
        servicers = (self.organizer, self.server.servicer)
        return [handlers(servicer, self._pool, place) for servicer in servicers]

    def _stop(self) -> None:
        if "inbound" in self.__dict__:
            self.inbound.close()
        self._served.run(close_clients(self.organizer))
        self._served.stop()
        self._pool.shutdown()
