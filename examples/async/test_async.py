"""Members who join are welcomed, and reminded later; tried over real channels."""

import threading
from collections.abc import Iterator

import pytest
from mattermost_plugin import models
from mattermost_plugin.models import (
    CreatePostRequest,
    CreatePostResponse,
    EnsureBotUserResponse,
    GetDirectChannelResponse,
    GetTeamResponse,
    GetUserResponse,
)
from mattermost_plugin.testing import PluginHarness
from plugin import Welcome


@pytest.fixture
def harness() -> Iterator[PluginHarness[Welcome]]:
    harness = PluginHarness(Welcome)
    harness.api.on("EnsureBotUser", EnsureBotUserResponse(bot_user_id="bot"))
    harness.api.on("GetUser", GetUserResponse(user=models.User(id="u1", username="ada")))
    harness.api.on("GetTeam", GetTeamResponse(team=models.Team(display_name="Engines")))
    harness.api.on("GetDirectChannel", GetDirectChannelResponse(channel=models.Channel(id="c1")))
    harness.api.on("CreatePost", CreatePostResponse(post=models.Post()))
    with harness:
        yield harness


def join(harness: PluginHarness[Welcome]) -> None:
    member = models.TeamMember(user_id="u1", team_id="t1")
    harness.hooks.user_has_joined_team(team_member=member)


def messages(harness: PluginHarness[Welcome]) -> list[str]:
    requests = harness.api.requests("CreatePost", CreatePostRequest)
    return [r.post.message for r in requests if r.post is not None]


def test_a_new_member_is_welcomed(harness: PluginHarness[Welcome]) -> None:
    join(harness)
    assert messages(harness) == ["Welcome to Engines, ada!"]


def test_and_reminded_later(harness: PluginHarness[Welcome]) -> None:
    reminded = threading.Event()

    def answer(request: CreatePostRequest) -> CreatePostResponse:
        if request.post is not None and "first hour" in request.post.message:
            reminded.set()
        return CreatePostResponse(post=request.post)

    harness.api.on("CreatePost", answer)
    harness.plugin.reminder_s = 0.0
    join(harness)
    assert reminded.wait(5)
