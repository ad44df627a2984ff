"""Is a request that the server would not survive ever sent?

The server reads some messages of a request before it looks whether they are there, and dies of
that: those below. What it checks itself, and answers with an error, is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kit.mattermost.facts import API, Rpc, message_class
from kit.mattermost.host import AsyncSurface, ScriptedHost, Surface
from kit.mattermost.requests import arguments, tree_with_json
from kit.mattermost.values import descriptor
from mattermost_plugin import ValidationError

FATAL = {
    "CreateUser": "user",
    "UpdateUser": "user",
    "UpdateUserCustomStatus": "custom_status",
    "UpdateUserAuth": "user_auth",
    "CreateSession": "session",
    "CreateUserAccessToken": "token",
    "CreateTeam": "team",
    "UpdateTeam": "team",
    "CreateChannel": "channel",
    "UpdateChannel": "channel",
    "CreateChannelSidebarCategory": "new_category",
    "CreatePost": "post",
    "UpdatePost": "post",
    "SendEphemeralPost": "post",
    "UpdateEphemeralPost": "post",
    "AddReaction": "reaction",
    "RemoveReaction": "reaction",
    # Of which the server has only the name yet, and which others do not survive.
    "UpdateGroup": "group",
    "CreatePropertyField": "field",
    "UpdatePropertyField": "field",
    "CreatePropertyValue": "value",
    "UpdatePropertyValue": "value",
    "UpsertPropertyValue": "value",
    "LogAuditRec": "record",
    "LogAuditRecWithLevel": "record",
}
RPCS = {rpc.name: rpc for rpc in API}


@pytest.fixture(scope="module")
def host() -> Iterator[ScriptedHost]:
    host = ScriptedHost()
    yield host
    host.server.stop()


@pytest.fixture(scope="module", params=[Surface, AsyncSurface], ids=lambda s: s.name)
def api(request: pytest.FixtureRequest, host: ScriptedHost) -> Iterator[Surface]:
    surface: Surface = request.param(host.address)
    yield surface
    surface.stop()


@pytest.mark.parametrize("rpc", [RPCS[n] for n in FATAL], ids=lambda rpc: rpc.name)
def test_a_call_that_would_take_the_server_down_is_not_sent(
    rpc: Rpc, api: Surface, host: ScriptedHost
) -> None:
    parameter = FATAL[rpc.name]
    kwargs = arguments(rpc, tree_with_json(rpc.request)) | {parameter: None}
    before = len(host.seen)
    with pytest.raises(ValidationError, match=f"{rpc.name} needs {parameter}") as caught:
        api.call(rpc.method, **kwargs)
    assert caught.value.rpc == rpc.name
    assert len(host.seen) == before


@pytest.mark.parametrize("kwargs", [{}, {"broadcast": None}], ids=["left out", "None"])
def test_an_event_without_a_broadcast_is_one_for_everybody(
    kwargs: dict[str, Any], api: Surface, host: ScriptedHost
) -> None:
    host.answer = b""
    api.call("publish_web_socket_event", "refresh", **kwargs)
    request: Any = message_class("PublishWebSocketEventRequest")
    seen = request.FromString(host.last.data)
    assert seen.HasField("broadcast")
    assert seen.broadcast.ByteSize() == 0


def test_no_entity_can_be_missing_unnoticed() -> None:
    """Every message that a create or update call is about is among those above, or the server
    says itself that it is required.
    """
    checked = {"CreateUploadSession", "CreateBot", "CreateCommand", "UpdateCommand"}
    checked |= {
        "CreateOAuthApp",
        "UpdateOAuthApp",
        "CreateGroup",
        "UpdateSharedChannel",
    }
    checked |= {"UpsertGroupSyncable", "UpdateGroupSyncable"}
    values = {"UpdateSharedChannelCursor", "CreateDefaultSyncableMemberships"}
    for rpc in API:
        if rpc.name.startswith(("Create", "Update", "Upsert")):
            fields = descriptor(rpc.request).fields
            if any(f.has_presence and f.message_type for f in fields):
                assert rpc.name in {*FATAL, *checked, *values}
