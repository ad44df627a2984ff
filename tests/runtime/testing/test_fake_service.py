"""Does the fake of the test kit tell a mistake of the test where it is made?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from mattermost_plugin import NotFoundError, Plugin, PluginAPIError, models
from mattermost_plugin.servicers import PluginAPIServicer
from mattermost_plugin.testing import PluginHarness
from plugwright_runtime.rpc.servicer import ServerContext


@pytest.fixture(scope="module")
def harness() -> Iterator[PluginHarness[Plugin]]:
    with PluginHarness(Plugin) as harness:
        yield harness


def test_requests_of_an_unknown_name(harness: PluginHarness[Plugin]) -> None:
    with pytest.raises(ValueError, match=r"no RPC 'CreatPost'; the nearest: CreatePost"):
        harness.api.requests("CreatPost", models.CreatePostRequest)


def test_requests_of_another_class(harness: PluginHarness[Plugin]) -> None:
    text = "requests of CreatePost are CreatePostRequest, not GetUserRequest"
    with pytest.raises(TypeError, match=text):
        harness.api.requests("CreatePost", models.GetUserRequest)


WRONG: list[tuple[Any, str]] = [
    (
        models.User(),
        r"GetUser answers GetUserResponse, as in GetUserResponse\(…\), not User",
    ),
    (None, "not NoneType"),
    ({"user": {}}, "not dict"),
    ("ann", "not str"),
    (
        models.GetUserResponse,
        r"an instance, as in GetUserResponse\(…\), not by the class",
    ),
    (NotFoundError, r"an instance, as in NotFoundError\(…\), not by the class"),
    (models.GetTeamResponse(), "not GetTeamResponse"),
]


@pytest.mark.parametrize(("answer", "text"), WRONG, ids=lambda v: str(v)[:30])
def test_an_answer_of_the_wrong_type_is_refused_at_once(
    answer: Any, text: str, harness: PluginHarness[Plugin]
) -> None:
    with pytest.raises(TypeError, match=text):
        harness.api.on("GetUser", answer)


def test_a_fake_that_was_told_nothing_says_how_to_tell_it(
    harness: PluginHarness[Plugin],
) -> None:
    with pytest.raises(PluginAPIError) as caught:
        harness.plugin.api.get_channel("c")
    assert caught.value.message == (
        "the fake has no answer for GetChannel: tell it one, as in "
        'on("GetChannel", GetChannelResponse(…))'
    )


class Own(PluginAPIServicer):
    def get_user(
        self, request: models.GetUserRequest, context: ServerContext
    ) -> models.GetUserResponse:
        return models.GetUserResponse(user=models.User(id=request.user_id))


def test_a_servicer_of_ones_own_answers_what_it_overrides() -> None:
    with PluginHarness(Plugin, Own()) as harness:
        assert harness.plugin.api.get_user("u1").id == "u1"
        (asked,) = harness.api.requests("GetUser", models.GetUserRequest)
        assert asked.user_id == "u1"
        with pytest.raises(PluginAPIError, match="has no answer for GetTeam"):
            harness.plugin.api.get_team("t")
