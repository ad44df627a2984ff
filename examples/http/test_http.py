"""The web application behind the plugin's HTTP hook, over real channels."""

import json
from collections.abc import Iterator

import pytest
from mattermost_plugin import NotFoundError, models
from mattermost_plugin.models import (
    GetUserRequest,
    GetUserResponse,
    ServeHTTPRequest,
    ServeHTTPRequestInit,
)
from mattermost_plugin.testing import PluginHarness
from plugin import Http


def user(request: GetUserRequest) -> GetUserResponse:
    if request.user_id != "u1":
        raise NotFoundError("no such user")
    return GetUserResponse(user=models.User(id="u1", username="ada"))


@pytest.fixture
def harness() -> Iterator[PluginHarness[Http]]:
    with PluginHarness(Http) as harness:
        harness.api.on("GetUser", user)
        yield harness


def fetch(harness: PluginHarness[Http], method: str, url: str, *body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer, as the server would pass it on."""
    init = ServeHTTPRequestInit(method=method, url=url, request_uri=url)
    requests = [ServeHTTPRequest(init=init)]
    requests += [ServeHTTPRequest(body_chunk=chunk) for chunk in body]
    requests.append(ServeHTTPRequest(body_complete=True))
    first, *others = harness.hooks.serve_http(requests)
    assert first.init is not None
    status = first.init.status_code
    return status, b"".join(answer.body_chunk for answer in (first, *others))


def test_a_user(harness: PluginHarness[Http]) -> None:
    status, body = fetch(harness, "GET", "/users/u1")
    assert (status, json.loads(body)) == (200, {"id": "u1", "username": "ada"})


def test_its_links_begin_where_the_server_has_the_plugin(
    harness: PluginHarness[Http],
) -> None:
    status, body = fetch(harness, "GET", "/openapi.json")
    assert status == 200
    assert json.loads(body)["servers"] == [{"url": "/plugins/com.example.http"}]


def test_no_such_user(harness: PluginHarness[Http]) -> None:
    assert fetch(harness, "GET", "/users/nobody") == (404, b'{"detail":"no such user"}')


def test_an_upload(harness: PluginHarness[Http]) -> None:
    assert fetch(harness, "POST", "/size", b"x" * 60_000, b"y") == (
        200,
        b'{"size":60001}',
    )


def test_a_stream(harness: PluginHarness[Http]) -> None:
    assert fetch(harness, "GET", "/numbers/3") == (200, b"0\n1\n2\n")
