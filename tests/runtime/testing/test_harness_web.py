"""Does a mounted web application live in the test harness as it does in a plugin's process?"""

from __future__ import annotations

from typing import Any

from mattermost_plugin import HookName, HTTPResult, Plugin, Request, asgi, hook
from mattermost_plugin.models import (
    GetServerVersionResponse,
    ServeHTTPRequest,
    ServeHTTPRequestInit,
)
from mattermost_plugin.testing import PluginHarness


class Web(Plugin):
    def __init__(self) -> None:
        self.events: list[str] = []
        self.web = asgi(self.application)

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{event}"
                version = await self.aio.get_server_version()
                self.events.append(f"{event} on {version}")
                await send({"type": f"lifespan.{event}.complete"})
            return
        self.events.append("request")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})

    @hook(HookName.ServeHTTP)
    def serve_http(self, request: Request) -> HTTPResult:
        return self.web(request)

    @hook(HookName.OnDeactivate)
    def deactivated(self) -> None:
        self.events.append("deactivated")


def harness() -> PluginHarness[Web]:
    made = PluginHarness(Web)
    made.api.on("GetServerVersion", GetServerVersionResponse(version="10"))
    return made


def fetch(harness: PluginHarness[Web]) -> Any:
    init = ServeHTTPRequestInit(method="GET", url="/", request_uri="/")
    request = ServeHTTPRequest(init=init, body_complete=True)
    return b"".join(a.body_chunk for a in harness.hooks.serve_http([request]))


def test_an_application_starts_with_the_first_request_and_ends_with_the_plugin() -> None:
    with harness() as running:
        assert running.plugin.events == []
        assert [fetch(running), fetch(running)] == [b"page"] * 2
        events = running.plugin.events
        assert events == ["startup on 10", "request", "request"]
    assert events[3:] == ["deactivated", "shutdown on 10"]


def test_two_harnesses_do_not_end_each_others_applications() -> None:
    with harness() as first:
        fetch(first)
        with harness() as second:
            fetch(second)
        assert second.plugin.events[-1] == "shutdown on 10"
        assert first.plugin.events == ["startup on 10", "request"]
        assert fetch(first) == b"page"
    assert first.plugin.events[-1] == "shutdown on 10"
