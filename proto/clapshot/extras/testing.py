"""How is an organizer tested without a Clapshot server? Between a fake one and a caller of its
calls, in process, over real connections. The fake one refuses what the server refuses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from clapshot_organizer.clients import OrganizerInboundClient
from clapshot_organizer.models import (
    Database,
    Empty,
    OrganizerInfo,
    SemanticVersionNumber,
    ServerInfo,
    UserInfo,
    UserSessionData,
)
from clapshot_organizer.servicers import OrganizerOutboundServicer
from plugwright_runtime.hooks.clients import clients_of
from plugwright_runtime.loops.places import Place
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import Servicer, handlers
from plugwright_runtime.testing import BackgroundServer, FakeService

from .organizer import Organizer
from .server_rules import check

T = TypeVar("T", bound=Organizer)

SOCKET_SECONDS = 5.0  # that the server waits for the organizer's socket


class _StrictServer(FakeService):
    """Refuses what the server would not do, before any answer is looked for."""

    def __init__(self, servicer: Servicer, sessions: set[str]) -> None:
        self._sessions = sessions
        super().__init__(servicer)

    def check(self, request: Any) -> None:
        check(request, self._sessions)


class OrganizerHarness(Generic[T]):
    """An organizer under test, in a `with` statement, which makes the handshake.

    `organizer`: the instance. `server`: the fake; `server.on("DbGetMediaFiles", answer)` says what
    it answers, `server.requests("client_show_page", ClientShowPageRequest)` what it was asked.
    `inbound`: calls the organizer as the server does. `sessions`: the ids of the browser sessions
    that are there, to which `session` adds.
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
        self.sessions: set[str] = set()
        self.server = _StrictServer(outbound or OrganizerOutboundServicer(), self.sessions)
        if outbound is None:
            for rpc in OrganizerOutboundServicer.__rpcs__:
                if rpc.nothing:
                    self.server.on(rpc.name, Empty())

    def __enter__(self) -> Self:
        began = time.monotonic()
        self.organizer = self._make()
        if (took := time.monotonic() - began) > SOCKET_SECONDS:
            raise AssertionError(
                f"the organizer took {took:.1f} s to be made, and the server waits "
                f"{SOCKET_SECONDS:g} s: do in on_connected what takes its time"
            )
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
        """The handshake, as the server makes it: it waits for the organizer's own."""
        self.inbound.handshake(self.server_info())
        if not self.server.requests("handshake", OrganizerInfo):
            raise AssertionError("the organizer has not introduced itself to the server")

    def server_info(self) -> ServerInfo:
        """What the server says in the handshake: that this process is to be called back."""
        host, _, port = self._served.address.rpartition(":")
        tcp = ServerInfo.GrpcEndpoint.TCP(host=host, port=int(port))
        return ServerInfo(
            version=SemanticVersionNumber(minor=8),
            url_base="http://127.0.0.1",
            db=self.database,
            backchannel=ServerInfo.GrpcEndpoint(endpoint=ServerInfo.GrpcEndpoint.Endpoint.Tcp(tcp)),
        )

    @property
    def database(self) -> Database:
        """As the calls about migrations name it."""
        return Database(endpoint=self._database)

    def session(self, user: str = "alice", *, is_admin: bool = False) -> UserSessionData:
        """A browser session, which is there from now on."""
        sid = f"sid-{user}"
        self.sessions.add(sid)
        return UserSessionData(
            sid=sid,
            user=UserInfo(id=user, name=user.title()),
            is_admin=is_admin,
        )

    def _handlers(self, place: Place) -> list[Any]:
        servicers = (self.organizer, self.server.servicer)
        return [handlers(servicer, self._pool, place) for servicer in servicers]

    def _stop(self) -> None:
        if "inbound" in self.__dict__:
            self.inbound.close()
        self._served.run(clients_of(self.organizer).close())
        self._served.stop()
        self._pool.shutdown()
