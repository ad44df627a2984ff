"""Does the base class do what organizers count on? In this process, over real connections."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from clapshot_organizer import (
    Abort,
    Organizer,
    PluginAPIError,
    ServerContext,
    Unimplemented,
    UserVisible,
    command,
)
from clapshot_organizer.extras.testing import OrganizerHarness
from clapshot_organizer.models import (
    AuthzResponse,
    AuthzUserActionRequest,
    ClientShowPageRequest,
    DbCommentList,
    DbGetCommentsRequest,
    NavigatePageRequest,
    OrganizerInfo,
    ServerInfo,
    UserSessionData,
)


@dataclass
class Item:
    name: str
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    items: list[Item]
    note: str | None = None


@dataclass
class Nothing:
    pass


class Mine(Organizer):
    info = OrganizerInfo(name="org.example.mine")

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.fails = False

    async def on_connected(self, server: ServerInfo, /) -> None:
        await asyncio.sleep(0)
        self.seen.append(server.url_base)
        if self.fails:
            raise RuntimeError("no database")

    @command("order")
    def order(self, args: Order, ses: UserSessionData) -> None:
        self.seen.append((args, ses.sid, threading.current_thread().name))

    @command("later")
    async def later(self, args: Nothing, ses: UserSessionData) -> None:
        comments = await self.srv.db_get_comments(
            filter=DbGetCommentsRequest.Filter.UserId("alice")
        )
        self.seen.append((comments.items, threading.current_thread().name))

    @command("abort")
    def abort(self, args: Nothing, ses: UserSessionData) -> None:
        raise Abort


Harness = OrganizerHarness[Mine]


def send(harness: Harness, cmd: str, args: str = "{}") -> None:
    harness.inbound.cmd_from_client(ses=harness.session(), cmd=cmd, args=args)


def test_a_command_and_its_arguments() -> None:
    with OrganizerHarness(Mine) as harness:
        send(harness, "order", '{"items": [{"name": "a", "tags": ["t"]}]}')
        _, (args, sid, thread) = harness.organizer.seen
    assert args == Order([Item("a", ["t"])])
    assert sid == "sid-alice"
    assert thread.startswith("plugin-")


def test_a_coroutine_asks_the_server() -> None:
    with OrganizerHarness(Mine) as harness:
        harness.server.on("DbGetComments", DbCommentList())
        send(harness, "later", "")
        (request,) = harness.server.requests("DbGetComments", DbGetCommentsRequest)
        assert request.filter == DbGetCommentsRequest.Filter.UserId("alice")
        comments, thread = harness.organizer.seen[-1]
    assert comments == []
    assert not thread.startswith("plugin-")


@pytest.mark.parametrize(
    ("cmd", "args", "error", "text"),
    [
        (
            "order",
            '{"items": [{"nam": 1}]}',
            PluginAPIError,
            r"args.items\[0\]: unknown",
        ),
        ("order", "[", PluginAPIError, "command 'order': args: not valid JSON"),
        ("nothing", "{}", Unimplemented, "no command 'nothing'"),
        ("seen", "{}", Unimplemented, "no command 'seen'"),
        ("", "{}", Unimplemented, "no command ''"),
        ("abort", "{}", Abort, "ABORTED"),
    ],
)
def test_a_command_that_fails(cmd: str, args: str, error: type[Exception], text: str) -> None:
    with OrganizerHarness(Mine) as harness, pytest.raises(error, match=text):
        send(harness, cmd, args)


def test_before_the_handshake_there_is_no_server() -> None:
    with OrganizerHarness(Mine, connect=False) as harness:
        assert harness.organizer.server_info is None
        for ask in (lambda o: o.srv, lambda o: o.srv_sync):
            with pytest.raises(RuntimeError, match="not connected: the server can be"):
                ask(harness.organizer)


def test_a_handshake_that_fails_leaves_the_former_one() -> None:
    with OrganizerHarness(Mine) as harness:
        organizer = harness.organizer
        former = organizer.srv, organizer.srv_sync, organizer.server_info
        organizer.fails = True
        with pytest.raises(PluginAPIError, match="internal error of the organizer"):
            harness.connect()
        assert (organizer.srv, organizer.srv_sync, organizer.server_info) == former
        organizer.srv_sync.delete_media_file("m")
        organizer.fails = False
        harness.connect()
        assert organizer.srv is not former[0]
        with pytest.raises(PluginAPIError, match="closed"):
            former[1].client_open_media_file("s", "m")
        organizer.srv_sync.delete_media_file("m")


class Waiting(Organizer):
    """Answers only when two sessions ask at the same time."""

    info = OrganizerInfo(name="org.example.waiting")

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.both = asyncio.Event()
        self.one = False

    def navigate_page(
        self, request: NavigatePageRequest, context: ServerContext, /
    ) -> ClientShowPageRequest:
        self.barrier.wait(10)
        return ClientShowPageRequest()

    async def authz_user_action(
        self, request: AuthzUserActionRequest, context: ServerContext, /
    ) -> AuthzResponse:
        if self.one:
            self.both.set()
        self.one = True
        await asyncio.wait_for(self.both.wait(), 10)
        return AuthzResponse()


@pytest.mark.parametrize("call", ["navigate_page", "authz_user_action"])
def test_sessions_do_not_wait_for_each_other(call: str) -> None:
    with OrganizerHarness(Waiting) as harness, ThreadPoolExecutor(2) as sessions:
        ask: Callable[..., Any] = getattr(harness.inbound, call)
        asked = [sessions.submit(ask, ses=harness.session(u)) for u in ("a", "b")]
        for each in asked:
            each.result(20)


def test_an_organizer_needs_a_name() -> None:
    class Nameless(Organizer):
        pass

    with pytest.raises(TypeError, match="Nameless needs a name: info = Organ"):
        Nameless()
    with pytest.raises(TypeError, match="needs a name"):
        Organizer()


def make(**handlers: Any) -> type[Organizer]:
    return type("Made", (Mine,), handlers)


def twice(self: Any, args: Nothing, ses: UserSessionData) -> None:
    """A handler."""


def no_dataclass(self: Any, args: dict[str, str], ses: UserSessionData) -> None:
    """A handler."""


def not_annotated(self: Any, args, ses):  # type: ignore[no-untyped-def]
    """A handler."""


@dataclass
class Unreadable:
    value: set[int]


def unreadable(self: Any, args: Unreadable, ses: UserSessionData) -> None:
    """A handler."""


def no_session(self: Any, args: Nothing) -> None:
    """A handler."""


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (no_session, r"Made.made\(self: .* it is called as made\(self, args, ses\)"),
        (twice, "handles 'order' already"),
        (no_dataclass, "Made.made: annotate args with a dataclass"),
        (not_annotated, "Made.made: annotate args with a dataclass"),
        (unreadable, r"Made.made: Unreadable.value: set\[int\] cannot be had"),
    ],
)
def test_a_command_that_cannot_work(handler: Any, text: str) -> None:
    name = "order" if handler is twice else "x"
    marked: Any = command(name)(copy.copy(handler))
    with pytest.raises(TypeError, match=text):
        make(made=marked)()


def test_a_command_without_its_name() -> None:
    with pytest.raises(TypeError, match=r"needs a name, as in @command\('rename'\)"):
        command(twice)  # type: ignore[arg-type]


def test_a_command_can_be_replaced() -> None:
    class Other(Mine):
        @command("order")
        def order(self, args: Order, ses: UserSessionData) -> None:
            self.seen.append("other")

    with OrganizerHarness(Other) as harness:
        harness.inbound.cmd_from_client(cmd="order", args='{"items": []}')
        assert harness.organizer.seen[-1] == "other"


def test_a_failure_for_users() -> None:
    failure = UserVisible("no", "NOT_FOUND")
    assert failure.code is not None
    assert failure.code.name == "NOT_FOUND"
    again = pickle.loads(pickle.dumps(failure))
    assert (again, again.code) == (failure, failure.code)
