"""A result that may be missing is used unchecked."""

from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness


class Empty(Plugin): ...


with PluginHarness(Empty) as harness:
    answer = harness.hooks.message_will_be_posted()
    print(answer.modified_post.message)  # error
