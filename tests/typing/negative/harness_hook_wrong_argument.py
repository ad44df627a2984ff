"""A hook is called with the wrong model."""

from mattermost_plugin import Plugin, models
from mattermost_plugin.testing import PluginHarness


class Empty(Plugin): ...


with PluginHarness(Empty) as harness:
    harness.hooks.message_will_be_posted(post=models.User())  # error
