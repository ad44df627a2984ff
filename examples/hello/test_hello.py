"""The hello plugin between a fake API and a host's client of its hooks, over real channels."""

from collections.abc import Iterator

import pytest
from mattermost_plugin import NotFoundError, models
from mattermost_plugin.models import (
    GetUserByUsernameRequest,
    GetUserResponse,
    RegisterCommandRequest,
    RegisterCommandResponse,
)
from mattermost_plugin.testing import PluginHarness
from plugin import Hello


@pytest.fixture
def harness() -> Iterator[PluginHarness[Hello]]:
    harness = PluginHarness(Hello)
    harness.api.on("RegisterCommand", RegisterCommandResponse())
    harness.api.on(
        "GetUser",
        lambda r: GetUserResponse(user=models.User(id=r.user_id, username="ada")),
    )
    harness.api.on("GetUserByUsername", NotFoundError("no such user"))
    with harness:
        yield harness


def test_the_command_is_registered(harness: PluginHarness[Hello]) -> None:
    (request,) = harness.api.requests("RegisterCommand", RegisterCommandRequest)
    assert request.command is not None
    assert request.command.trigger == "hello"


def say(harness: PluginHarness[Hello], command: str) -> str:
    args = models.CommandArgs(command=command, user_id="u1")
    answer = harness.hooks.execute_command(args=args)
    return answer.text if answer is not None else ""


def test_hello_greets_the_caller(harness: PluginHarness[Hello]) -> None:
    assert say(harness, "/hello") == "Hello, ada!"


def test_a_name_that_is_unknown(harness: PluginHarness[Hello]) -> None:
    assert say(harness, "/hello bob") == "There is no bob here."
    (request,) = harness.api.requests("GetUserByUsername", GetUserByUsernameRequest)
    assert request.name == "bob"
