"""The web hook has no time limit."""

from mattermost_plugin import HookName, Plugin, Request, Response, hook


class Wrong(Plugin):
    @hook(HookName.ServeHTTP, timeout=5)  # error
    def handle(self, request: Request) -> Response:
        return Response()
