"""What becomes of a post? Tried over real channels, with a key-value store in a dict."""

from collections.abc import Iterator

import pytest
from mattermost_plugin import PluginAPIError, models
from mattermost_plugin.models import (
    KVCompareAndSetRequest,
    KVCompareAndSetResponse,
    KVGetRequest,
    KVGetResponse,
    MessageWillBePostedResponse,
)
from mattermost_plugin.servicers import PluginAPIServicer
from mattermost_plugin.testing import PluginHarness
from plugin import Moderation
from plugwright_runtime.rpc.servicer import ServerContext


class Store(PluginAPIServicer):
    """The part of the API that the plugin uses."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def kv_get(self, request: KVGetRequest, context: ServerContext) -> KVGetResponse:
        return KVGetResponse(value=self.values.get(request.key, b""))

    def kv_compare_and_set(
        self, request: KVCompareAndSetRequest, context: ServerContext
    ) -> KVCompareAndSetResponse:
        if self.values.get(request.key, b"") != request.old_value:
            return KVCompareAndSetResponse(success=False)
        self.values[request.key] = request.new_value
        return KVCompareAndSetResponse(success=True)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def harness(store: Store) -> Iterator[PluginHarness[Moderation]]:
    with PluginHarness(Moderation, store) as harness:
        yield harness


def post(harness: PluginHarness[Moderation], message: str) -> MessageWillBePostedResponse:
    return harness.hooks.message_will_be_posted(post=models.Post(message=message))


def test_an_ordinary_post_passes(harness: PluginHarness[Moderation], store: Store) -> None:
    assert post(harness, "good morning") == MessageWillBePostedResponse()
    assert store.values == {}


def test_shouting_is_refused(harness: PluginHarness[Moderation], store: Store) -> None:
    for _ in range(2):
        answer = post(harness, "WHY DOES NOBODY ANSWER")
        assert answer.rejection_reason == "Please do not shout."
    assert store.values == {"rejected": b"2"}


def test_secrets_are_removed(harness: PluginHarness[Moderation], store: Store) -> None:
    answer = post(harness, "use ghp_0123456789 for now")
    assert answer.modified_post is not None
    assert answer.modified_post.message == "use [secret removed] for now"
    assert store.values == {"edited": b"1"}


def test_a_silent_post_is_dropped(harness: PluginHarness[Moderation]) -> None:
    answer = post(harness, "!silence all")
    assert answer.rejection_reason == "plugin.message_will_be_posted.dismiss_post"


def test_a_failure_refuses_the_post(harness: PluginHarness[Moderation]) -> None:
    harness.api.on("KVGet", PluginAPIError("the database is away"))
    assert "try again" in post(harness, "!silence all").rejection_reason
