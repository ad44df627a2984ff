"""The harness has no such hook."""

from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness


class Empty(Plugin): ...


with PluginHarness(Empty) as harness:
    harness.hooks.message_was_posted()  # error
