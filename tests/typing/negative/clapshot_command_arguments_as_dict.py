from clapshot_organizer import Organizer, command
from clapshot_organizer.models import UserSessionData


class Mine(Organizer):
    @command("rename")  # error
    def rename(self, args: dict[str, str], ses: UserSessionData) -> None:
        raise NotImplementedError
