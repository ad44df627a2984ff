"""A web handler returns text."""

from mattermost_plugin import HookName, Plugin, Request, hook


class Wrong(Plugin):
    @hook(HookName.ServeHTTP)  # error
    def handle(self, request: Request) -> str:
        return request.path
