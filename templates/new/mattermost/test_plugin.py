"""The plugin between a fake server and a caller of its hooks, over real connections."""

from collections.abc import Iterator

import pytest
from mattermost_plugin import models
from mattermost_plugin.models import GetUserResponse, RegisterCommandResponse
from mattermost_plugin.testing import PluginHarness

from plugin import TRIGGER, FreshPlugin


@pytest.fixture
def harness() -> Iterator[PluginHarness[FreshPlugin]]:
    harness = PluginHarness(FreshPlugin)
    harness.api.on("RegisterCommand", RegisterCommandResponse())
    user = models.User(id="u1", username="ada")
    harness.api.on("GetUser", GetUserResponse(user=user))
    with harness:
        yield harness


def test_it_greets(harness: PluginHarness[FreshPlugin]) -> None:
    args = models.CommandArgs(command=f"/{TRIGGER}", user_id="u1")
    answer = harness.hooks.execute_command(args=args)
    assert answer is not None
    assert answer.text == "Hello, ada!"
