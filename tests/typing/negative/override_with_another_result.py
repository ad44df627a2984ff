"""An override returns something else than the handler."""

from mattermost_plugin import HookName, Plugin, hook, models


class Parent(Plugin):
    @hook(HookName.OnSharedChannelsPing)
    def ping(self, remote: models.RemoteCluster) -> bool:
        return True


class Child(Parent):
    def ping(self, remote: models.RemoteCluster) -> str:  # error
        return "yes"
