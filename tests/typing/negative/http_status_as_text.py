"""The status of a response is text."""

from mattermost_plugin import HookName, Plugin, Request, Response, hook


class Wrong(Plugin):
    @hook(HookName.ServeHTTP)
    def handle(self, request: Request) -> Response:
        return Response("no", status="404")  # error
