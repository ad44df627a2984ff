from clapshot_organizer import Organizer


async def first(organizer: Organizer) -> str:
    files = organizer.srv.db_get_media_files()
    return files.items[0].id  # error
