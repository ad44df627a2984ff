"""The organizer between a fake Clapshot server and a caller of its calls, over real connections."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from clapshot_organizer import PluginAPIError
from clapshot_organizer.extras.testing import OrganizerHarness
from clapshot_organizer.models import (
    AuthzUserActionRequest,
    ClientDefineActionsRequest,
    ClientShowPageRequest,
    DbGetMediaFilesRequest,
    DbMediaFileList,
    FolderItemID,
    MediaFile,
    PageItem,
    UserSessionData,
)
from organizer import Projects

Harness = OrganizerHarness[Projects]
FILES = [
    MediaFile(id="f1", user_id="alice", title="first"),
    MediaFile(id="f2", user_id="alice", title="second"),
    MediaFile(id="f3", user_id="bob", title="third"),
]


def files_of_user(request: DbGetMediaFilesRequest) -> DbMediaFileList:
    match request.filter:
        case DbGetMediaFilesRequest.Filter.UserId(user):
            return DbMediaFileList(items=[f for f in FILES if f.user_id == user])
        case _:
            raise AssertionError(request.filter)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Harness]:
    """Before the migrations."""
    path = str(tmp_path / "clapshot.sqlite")
    with OrganizerHarness(Projects, database=path, connect=False) as harness:
        harness.server.on("DbGetMediaFiles", files_of_user)
        yield harness


def migrate(harness: Harness) -> None:
    """As the server does: every step that is pending, in their order."""
    state = harness.inbound.check_migrations(db=harness.database)
    for step in state.pending_migrations:
        harness.inbound.apply_migration(uuid=step.uuid, db=harness.database)


@pytest.fixture
def harness(fresh: Harness) -> Harness:
    migrate(fresh)
    fresh.connect()
    return fresh


def titles(page: ClientShowPageRequest) -> list[str]:
    (part,) = page.page_items
    assert isinstance(part.item, PageItem.Item.FolderListing)
    found: list[str] = []
    for item in part.item.value.items:
        match item.item:
            case PageItem.FolderListing.Item.Item.Folder(folder):
                found.append(f"[{folder.title}]")
            case PageItem.FolderListing.Item.Item.MediaFile(file):
                found.append(file.title or "")
            case None:
                raise AssertionError
    return found


def send(harness: Harness, ses: UserSessionData, cmd: str, **args: object) -> list[str]:
    """What a command shows then; nothing if it shows no page."""
    before = len(harness.server.calls)
    harness.inbound.cmd_from_client(cmd=cmd, args=json.dumps(args), ses=ses)
    shown = [c.request for c in harness.server.calls[before:]]
    pages = [r for r in shown if isinstance(r, ClientShowPageRequest)]
    return titles(pages[-1]) if pages else []


def look(harness: Harness, ses: UserSessionData, page: str | None = None) -> list[str]:
    return titles(harness.inbound.navigate_page(ses=ses, page_id=page))


def test_migrations_in_two_steps(fresh: Harness) -> None:
    state = fresh.inbound.check_migrations(db=fresh.database)
    assert state.current_schema_ver == ""
    first, second = state.pending_migrations
    assert (first.dependencies[0].min_ver, first.dependencies[0].max_ver) == (None, "")
    fresh.inbound.apply_migration(uuid=first.uuid, db=fresh.database)
    with pytest.raises(PluginAPIError, match="the tables are too old"):
        fresh.connect()
    fresh.inbound.apply_migration(uuid=second.uuid, db=fresh.database)
    state = fresh.inbound.check_migrations(db=fresh.database)
    assert (state.current_schema_ver, state.pending_migrations) == ("2026-03-02", [])


def test_a_session_learns_its_actions(harness: Harness) -> None:
    harness.inbound.on_start_user_session(ses=harness.session("alice"))
    (request,) = harness.server.requests("client_define_actions", ClientDefineActionsRequest)
    assert (request.sid, list(request.actions)) == ("sid-alice", ["new_folder"])


def test_files_are_moved_into_a_folder(harness: Harness) -> None:
    alice = harness.session("alice")
    assert look(harness, alice) == ["first", "second"]
    assert send(harness, alice, "new_folder", title="Ads") == [
        "[Ads]",
        "first",
        "second",
    ]
    file = FolderItemID(item=FolderItemID.Item.MediaFileId("f1"))
    harness.inbound.move_to_folder(ids=[file], dst_folder_id="1", ses=alice)
    assert look(harness, alice) == ["[Ads]", "second"]
    assert look(harness, alice, "folder-1") == ["first"]
    assert send(harness, alice, "open_folder", folder_id=1) == ["first"]


def test_the_order_is_kept(harness: Harness) -> None:
    alice = harness.session("alice")
    ids = [FolderItemID(item=FolderItemID.Item.MediaFileId(f)) for f in ("f2", "f1")]
    harness.inbound.reorder_items(ids=ids, ses=alice)
    assert look(harness, alice) == ["second", "first"]


def test_what_is_not_shared_stays_private(harness: Harness) -> None:
    alice, bob = harness.session("alice"), harness.session("bob")
    send(harness, alice, "new_folder", title="Ads")
    file = FolderItemID(item=FolderItemID.Item.MediaFileId("f1"))
    harness.inbound.move_to_folder(ids=[file], dst_folder_id="1", ses=alice)
    assert look(harness, bob) == ["third"]
    with pytest.raises(PluginAPIError, match="there is no such folder"):
        look(harness, bob, "folder-1")
    assert may_view(harness, bob) is False
    send(harness, alice, "share_folder", folder_id=1, users=["bob"])
    assert look(harness, bob) == ["[Ads]", "third"]
    assert look(harness, bob, "folder-1") == ["first"]
    assert may_view(harness, bob) is True
    with pytest.raises(PluginAPIError, match="only its owner"):
        send(harness, bob, "new_folder", title="mine", parent=1)


def may_view(harness: Harness, ses: UserSessionData) -> bool | None:
    asked = AuthzUserActionRequest.MediaFileOp(media_file=FILES[0])
    op = AuthzUserActionRequest.Op.MediaFileOp(asked)
    return harness.inbound.authz_user_action(ses=ses, op=op).is_authorized


def test_logins_are_left_to_the_server(harness: Harness) -> None:
    op = AuthzUserActionRequest.Op.OtherOp(AuthzUserActionRequest.OtherOp())
    answer = harness.inbound.authz_user_action(ses=harness.session(), op=op)
    assert answer.is_authorized is None


@pytest.mark.parametrize(
    ("command", "args", "text"),
    [
        ("new_folder", "{", "not valid JSON"),
        ("new_folder", "{}", "args.title: missing"),
        ("new_folder", '{"title": 1}', "args.title: expected str, got int"),
        ("new_folder", '{"title": " "}', "a folder needs a name"),
        ("share_folder", '{"folder_id": "1", "users": []}', "folder_id: expected int"),
        ("drop_tables", "{}", "no command 'drop_tables'"),
    ],
)
def test_bad_commands_are_explained(harness: Harness, command: str, args: str, text: str) -> None:
    with pytest.raises(PluginAPIError, match=text):
        harness.inbound.cmd_from_client(cmd=command, args=args, ses=harness.session())


def test_a_folder_is_not_moved_into_itself(harness: Harness) -> None:
    alice = harness.session("alice")
    send(harness, alice, "new_folder", title="Ads")
    send(harness, alice, "new_folder", title="Old", parent=1)
    folder = FolderItemID(item=FolderItemID.Item.FolderId("1"))
    with pytest.raises(PluginAPIError, match="cannot be moved into itself"):
        harness.inbound.move_to_folder(ids=[folder], dst_folder_id="2", ses=alice)


def test_what_is_in_a_shared_folder_is_shared(harness: Harness) -> None:
    alice, bob = harness.session("alice"), harness.session("bob")
    send(harness, alice, "new_folder", title="Ads")
    send(harness, alice, "new_folder", title="Old", parent=1)
    send(harness, alice, "share_folder", folder_id=1, users=["bob"])
    file = FolderItemID(item=FolderItemID.Item.MediaFileId("f1"))
    harness.inbound.move_to_folder(ids=[file], dst_folder_id="2", ses=alice)
    assert look(harness, bob, "folder-1") == ["[Old]"]
    assert look(harness, bob, "folder-2") == ["first"]
    assert may_view(harness, bob) is True
