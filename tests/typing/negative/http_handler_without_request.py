"""A web handler takes no request."""

from mattermost_plugin import HookName, Plugin, Response, hook


class Wrong(Plugin):
    @hook(HookName.ServeHTTP)  # error
    def handle(self) -> Response:
        return Response()
