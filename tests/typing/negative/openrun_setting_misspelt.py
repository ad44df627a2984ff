"""A setting that the module's settings do not have."""

from dataclasses import dataclass

from openrun_plugin import Module, function


@dataclass
class Settings:
    path: str


class Store(Module):
    settings: Settings

    @function
    def where(self) -> str:
        return self.settings.pth  # error
