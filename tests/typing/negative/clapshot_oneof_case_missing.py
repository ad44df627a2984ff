from typing import assert_never

from clapshot_organizer.models import FolderItemID


def name(item: FolderItemID) -> str:
    match item.item:
        case FolderItemID.Item.FolderId(id):
            return f"folder {id}"
        case None:
            return "nothing"
        case _:
            assert_never(item.item)  # error
