"""Do the fake servers, the SDK's and that of these tests, refuse what Clapshot refuses?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from clapshot_organizer import Organizer
from clapshot_organizer.clients import ClapshotClient
from clapshot_organizer.extras.testing import OrganizerHarness
from clapshot_organizer.models import (
    ClientShowUserMessageRequest,
    DbGetCommentsRequest,
    DbGetMediaFilesRequest,
    DbGetUserMessagesRequest,
    DbPaging,
    Empty,
    IdList,
    OrganizerInfo,
    UserMessage,
)
from kit.clapshot.peer import Outbound
from kit.clapshot.play import Play
from kit.clapshot.server import StartFailed
from kit.clapshot.wire import OUTBOUND
from plugwright_runtime import codec
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.message.package import package_of

Comments, Messages = DbGetCommentsRequest.Filter, DbGetUserMessagesRequest.Filter
To = ClientShowUserMessageRequest.Recipient
INVALID, INTERNAL = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL
MESSAGE = UserMessage(message="hi")
ONE_PAGE, NO_RECORDS = DbPaging(page_size=10), DbPaging(page_num=1)
NO_NUMBER = UserMessage(message="hi", refs=UserMessage.Refs(comment_id="x"))


class Mine(Organizer):
    info = OrganizerInfo(name="org.example.mine")


REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], grpc.StatusCode]] = [
    ("client_show_user_message", (None,), {"recipient": To.UserTemp("ada")}, INVALID),
    ("client_show_user_message", (), {"msg": MESSAGE}, INVALID),
    (
        "client_show_user_message",
        (),
        {"msg": NO_NUMBER, "recipient": To.UserTemp("ada")},
        INVALID,
    ),
    (
        "client_show_user_message",
        (),
        {"msg": MESSAGE, "recipient": To.Sid("gone")},
        INTERNAL,
    ),
    ("client_show_page", ("gone", []), {}, INTERNAL),
    ("client_define_actions", ("gone", {}), {}, INTERNAL),
    ("client_open_media_file", ("gone", "m"), {}, INTERNAL),
    ("client_set_cookies", ("gone", {}), {}, INTERNAL),
    ("db_get_media_files", (), {}, INVALID),
    ("db_get_comments", (), {"paging": ONE_PAGE}, INVALID),
    (
        "db_get_comments",
        (),
        {"filter": Comments.All(Empty()), "paging": NO_RECORDS},
        INVALID,
    ),
    ("db_get_comments", (), {"filter": Comments.Ids(IdList(ids=["1", "x"]))}, INVALID),
    ("db_get_user_messages", (), {"filter": Messages.CommentId("x")}, INVALID),
    ("db_delete", ([], ["x"], [], []), {}, INVALID),
    ("db_delete", ([], [], [], ["-1"]), {}, INVALID),
]
TAKEN: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("client_show_page", ("sid-ada", []), {}),
    (
        "client_show_user_message",
        (),
        {"msg": MESSAGE, "recipient": To.Sid("sid-ada")},
    ),
    (
        "client_show_user_message",
        (),
        {"msg": MESSAGE, "recipient": To.UserPersist("nobody")},
    ),
    ("delete_media_file", ("no number",), {}),
]


def names(calls: list[Any]) -> list[str]:
    return [f"{call[0]} {i}" for i, call in enumerate(calls)]


@pytest.fixture(scope="module", params=["the SDK's", "that of the tests"])
def srv(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    """A client of a fake server that has the session of Ada."""
    if request.param == "the SDK's":
        with OrganizerHarness(Mine) as harness:
            harness.session("ada")
            yield harness.organizer.srv_sync
        return
    served, port = Outbound(sessions={"sid-ada"}).serve_tcp()
    with ClapshotClient(f"127.0.0.1:{port}") as client:
        yield client
    served.stop()


@pytest.mark.parametrize(("method", "args", "kwargs", "code"), REFUSED, ids=names(REFUSED))
def test_what_the_server_refuses(
    srv: Any, method: str, args: Any, kwargs: Any, code: grpc.StatusCode
) -> None:
    with pytest.raises(PluginAPIError) as caught:
        getattr(srv, method)(*args, **kwargs)
    assert caught.value.code is code


@pytest.mark.parametrize(("method", "args", "kwargs"), TAKEN, ids=names(TAKEN))
def test_what_the_server_takes(srv: Any, method: str, args: Any, kwargs: Any) -> None:
    getattr(srv, method)(*args, **kwargs)


def test_a_filter_with_numbers_is_answered() -> None:
    with OrganizerHarness(Mine) as harness:
        answer = package_of("clapshot_organizer").codec("clapshot.organizer.DbMediaFileList")
        harness.server.on("DbGetMediaFiles", codec.decode(answer.model, b""))
        ids = DbGetMediaFilesRequest.Filter.Ids(IdList(ids=["any", "id"]))
        assert harness.organizer.srv_sync.db_get_media_files(filter=ids).items == []


def test_an_organizer_that_takes_too_long_to_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = iter([0.0, 6.5])
    monkeypatch.setattr(
        "clapshot_organizer.extras.testing.time",
        type("T", (), {"monotonic": lambda: next(now)}),
    )
    with (
        pytest.raises(AssertionError, match=r"took 6\.5 s to be made"),
        OrganizerHarness(Mine),
    ):
        pass


def test_an_organizer_that_does_not_introduce_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answered(self: Any, request: Any, context: Any, /) -> None:
        return None

    monkeypatch.setattr(Organizer, "handshake", answered)
    with (
        pytest.raises(AssertionError, match="has not introduced itself"),
        OrganizerHarness(Mine),
    ):
        pass


def test_the_server_waits_five_seconds_for_the_socket(play: Play) -> None:
    server = play("scripted.py", command="sleep 30; true")
    began = time.monotonic()
    with pytest.raises(StartFailed, match="did not appear in time"):
        server.start()
    assert time.monotonic() - began >= 5.0
    server.stop()


def test_an_authority_that_is_a_path_is_refused(folder: Path) -> None:
    """As grpcio spells it by itself."""
    served = Outbound().serve(f"{folder}/a.sock")
    with grpc.insecure_channel(f"unix:{folder}/a.sock") as channel:
        call = channel.unary_unary(f"/{OUTBOUND}/handshake")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=20)
        assert "RST_STREAM" in caught.value.details()
    served.stop()
