"""The body of a request is used before it is awaited."""

from mattermost_plugin import HookName, Plugin, Request, Response, hook


class Wrong(Plugin):
    @hook(HookName.ServeHTTP)
    async def handle(self, request: Request) -> Response:
        return Response(request.body())  # error
