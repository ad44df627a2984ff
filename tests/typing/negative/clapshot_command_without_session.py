from dataclasses import dataclass

from clapshot_organizer import Organizer, command


@dataclass
class Rename:
    name: str


class Mine(Organizer):
    @command("rename")  # error
    def rename(self, args: Rename) -> None:
        raise NotImplementedError
