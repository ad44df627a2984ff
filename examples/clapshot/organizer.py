#!/usr/bin/env python3
"""Projects: virtual folders that can be shared, and files that only their project sees."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import assert_never

from clapshot_organizer import (
    Organizer,
    ServerContext,
    UserVisible,
    command,
    run_plugin,
)
from clapshot_organizer.models import (
    ActionDef,
    ActionUIProps,
    ApplyMigrationRequest,
    AuthzResponse,
    AuthzUserActionRequest,
    CheckMigrationsRequest,
    CheckMigrationsResponse,
    ClientShowPageRequest,
    DbGetMediaFilesRequest,
    FolderItemID,
    MediaFile,
    Migration,
    MoveToFolderRequest,
    NavigatePageRequest,
    OnStartUserSessionRequest,
    OrganizerInfo,
    PageItem,
    ReorderItemsRequest,
    ScriptCall,
    SemanticVersionNumber,
    ServerInfo,
    UserSessionData,
)
from store import NAME, STEPS, Folder, Step, Store

Listing = PageItem.FolderListing
Op = AuthzUserActionRequest.Op
FileOp = AuthzUserActionRequest.MediaFileOp.Op

ASK_FOR_A_NAME = """
const title = prompt("Name of the folder");
const parent = _action_args.listing_data.folder_id;
if (title) clapshot.callOrganizer(
    "new_folder", {title, parent: parent ? Number(parent) : null});
"""


@dataclass(frozen=True)
class OpenFolder:
    folder_id: int | None


@dataclass(frozen=True)
class NewFolder:
    title: str
    parent: int | None = None


@dataclass(frozen=True)
class ShareFolder:
    folder_id: int
    users: list[str]


class Projects(Organizer):
    info = OrganizerInfo(
        name=NAME,
        version=SemanticVersionNumber(minor=1),
        description="Virtual folders that can be shared",
    )
    store: Store

    # The start: migrations come first, there is no connection to the server yet.

    def check_migrations(
        self, request: CheckMigrationsRequest, context: ServerContext, /
    ) -> CheckMigrationsResponse:
        version = Store(request.db.endpoint if request.db else "").version()
        return CheckMigrationsResponse(
            name=NAME,
            current_schema_ver=version,
            pending_migrations=[as_migration(s) for s in STEPS if s.version > version],
        )

    def apply_migration(self, request: ApplyMigrationRequest, context: ServerContext, /) -> None:
        step = next(s for s in STEPS if s.uuid == request.uuid)
        Store(request.db.endpoint if request.db else "").migrate(step)
        self.logger.info("tables are at version %s", step.version)

    def on_connected(self, server: ServerInfo, /) -> None:
        self.store = Store(server.db.endpoint if server.db else "")
        if self.store.version() != STEPS[-1].version:
            raise UserVisible("the tables are too old: start the server with --migrate")

    # Sessions and pages.

    async def on_start_user_session(
        self, request: OnStartUserSessionRequest, context: ServerContext, /
    ) -> None:
        new_folder = ActionDef(
            ui_props=ActionUIProps(label="New folder"),
            action=ScriptCall(code=ASK_FOR_A_NAME),
        )
        session = request.ses or UserSessionData()
        await self.srv.client_define_actions(session.sid, {"new_folder": new_folder})

    def navigate_page(
        self, request: NavigatePageRequest, context: ServerContext, /
    ) -> ClientShowPageRequest:
        return self.page(request.ses or UserSessionData(), folder_of(request.page_id))

    def page(self, ses: UserSessionData, folder_id: int | None) -> ClientShowPageRequest:
        """A folder, or the top, as this user sees it."""
        user = user_of(ses)
        folder = self.folder(ses, folder_id) if folder_id is not None else None
        owner = folder.owner if folder else user
        shown = self.store.folders(owner, folder_id)
        if folder is None:
            shown += self.store.shared_with(user)
        found = self.srv_sync.db_get_media_files(filter=DbGetMediaFilesRequest.Filter.UserId(owner))
        places = self.store.places()
        order = {file: i for i, file in enumerate(places)}
        files = [f for f in found.items if places.get(f.id) == folder_id]
        files.sort(key=lambda f: order.get(f.id, -1))
        listing = Listing(
            items=[folder_item(f) for f in shown] + [file_item(f) for f in files],
            listing_data={"folder_id": str(folder_id)} if folder else {},
            popup_actions=["new_folder"],
            allow_reordering=True,
            allow_upload=folder is None,
        )
        return ClientShowPageRequest(
            sid=ses.sid,
            page_items=[PageItem(item=PageItem.Item.FolderListing(listing))],
            page_id=f"folder-{folder.id}" if folder else None,
            page_title=folder.title if folder else "Projects",
        )

    def folder(self, ses: UserSessionData, id: int) -> Folder:
        """A folder that this user may see. Raises UserVisible."""
        user = user_of(ses)
        folder = self.store.folder(id)
        if folder is not None:
            shared = {f.id for f in self.store.shared_with(user)}
            around = shared.intersection(self.path(folder.id))
            if ses.is_admin or folder.owner == user or around:
                return folder
        raise UserVisible("there is no such folder", "NOT_FOUND")

    def own_folder(self, ses: UserSessionData, id: int) -> Folder:
        """A folder that this user may change. Raises UserVisible."""
        folder = self.folder(ses, id)
        if not ses.is_admin and folder.owner != user_of(ses):
            raise UserVisible("only its owner may do that", "PERMISSION_DENIED")
        return folder

    # What the scripts of our pages ask for.

    @command("open_folder")
    def open_folder(self, args: OpenFolder, ses: UserSessionData) -> None:
        self.show(ses, args.folder_id)

    @command("new_folder")
    def new_folder(self, args: NewFolder, ses: UserSessionData) -> None:
        if not args.title.strip():
            raise UserVisible("a folder needs a name", "INVALID_ARGUMENT")
        if args.parent is not None:
            self.own_folder(ses, args.parent)
        owner = user_of(ses)
        self.store.add_folder(owner, args.parent, args.title.strip())
        self.show(ses, args.parent)

    @command("share_folder")
    def share_folder(self, args: ShareFolder, ses: UserSessionData) -> None:
        self.own_folder(ses, args.folder_id)
        for user in args.users:
            self.store.share(args.folder_id, user)

    def show(self, ses: UserSessionData, folder_id: int | None) -> None:
        page = self.page(ses, folder_id)
        self.srv_sync.client_show_page(
            page.sid, page.page_items, page_id=page.page_id, page_title=page.page_title
        )

    # Dragging. The server has asked for no permission here.

    def move_to_folder(self, request: MoveToFolderRequest, context: ServerContext, /) -> None:
        ses = request.ses or UserSessionData()
        target = number(request.dst_folder_id)
        self.own_folder(ses, target)
        files, folders = split(request.ids)
        self.check_files(ses, files)
        for id in folders:
            self.own_folder(ses, id)
        if not set(folders).isdisjoint(self.path(target)):
            raise UserVisible("a folder cannot be moved into itself")
        for id in folders:
            self.store.move_folder(id, target)
        self.store.move_files(files, target)
        here = request.listing_data.get("folder_id")
        self.show(ses, number(here) if here else None)

    def reorder_items(self, request: ReorderItemsRequest, context: ServerContext, /) -> None:
        ses = request.ses or UserSessionData()
        files, folders = split(request.ids)
        self.check_files(ses, files)
        for id in folders:
            self.own_folder(ses, id)
        self.store.order(files, folders)

    def check_files(self, ses: UserSessionData, files: list[str]) -> None:
        """Raises UserVisible unless all files are the user's own."""
        owner = user_of(ses)
        found = self.srv_sync.db_get_media_files(filter=DbGetMediaFilesRequest.Filter.UserId(owner))
        if not ses.is_admin and not {f.id for f in found.items}.issuperset(files):
            raise UserVisible("only the owner may move a file", "PERMISSION_DENIED")

    def path(self, id: int | None) -> list[int]:
        """A folder and those around it."""
        found: list[int] = []
        while id is not None and id not in found:
            found.append(id)
            folder = self.store.folder(id)
            id = folder.parent if folder else None
        return found

    # Who may do what. None leaves the decision to the server.

    def authz_user_action(
        self, request: AuthzUserActionRequest, context: ServerContext, /
    ) -> AuthzResponse:
        ses = request.ses or UserSessionData()
        match request.op:
            case Op.MediaFileOp(asked):
                if asked.op in (FileOp.VIEW, FileOp.COMMENT) and not ses.is_admin:
                    return self.may_see(ses, asked.media_file or MediaFile())
                return AuthzResponse()
            case Op.OtherOp() | Op.CommentOp() | None:
                return AuthzResponse()
            case _:
                assert_never(request.op)

    def may_see(self, ses: UserSessionData, file: MediaFile) -> AuthzResponse:
        user = user_of(ses)
        if file.user_id == user or self.store.may_see(user, file.id):
            return AuthzResponse(is_authorized=True)
        return AuthzResponse(
            is_authorized=False,
            message="You may not open this file",
            details="It is in none of the projects that are shared with you",
        )


def user_of(ses: UserSessionData) -> str:
    return ses.user.id if ses.user else ""


def as_migration(step: Step) -> Migration:
    """`max_ver=""` is not the same as none: it says that there must be no tables yet."""
    own = Migration.Dependency(name=NAME, min_ver=step.start or None, max_ver=step.start)
    return Migration(
        uuid=step.uuid,
        version=step.version,
        dependencies=[own],
        description=step.description,
    )


def folder_of(page_id: str | None) -> int | None:
    """The folder of a page. The id comes from the address line of a browser."""
    if not page_id:
        return None
    return number(page_id.removeprefix("folder-"))


def number(text: str) -> int:
    """The number of a folder, which a browser sent."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UserVisible("there is no such folder", "NOT_FOUND")
    return int(text)


def folder_item(folder: Folder) -> Listing.Item:
    arguments = json.dumps({"folder_id": folder.id})
    shown = Listing.Folder(id=str(folder.id), title=folder.title)
    return Listing.Item(
        item=Listing.Item.Item.Folder(shown),
        open_action=ScriptCall(code=f'clapshot.callOrganizer("open_folder", {arguments})'),
    )


def file_item(file: MediaFile) -> Listing.Item:
    return Listing.Item(
        item=Listing.Item.Item.MediaFile(file),
        open_action=ScriptCall(code=f"clapshot.openMediaFile({json.dumps(file.id)})"),
        popup_actions=["popup_builtin_rename", "popup_builtin_trash"],
    )


def split(ids: list[FolderItemID]) -> tuple[list[str], list[int]]:
    """Files and folders among items, in their order."""
    files: list[str] = []
    folders: list[int] = []
    for item in ids:
        match item.item:
            case FolderItemID.Item.MediaFileId(id):
                files.append(id)
            case FolderItemID.Item.FolderId(id):
                folders.append(number(id))
            case None:
                raise UserVisible("an item is neither file nor folder")
            case _:
                assert_never(item.item)
    return files, folders


if __name__ == "__main__":
    run_plugin(Projects)
