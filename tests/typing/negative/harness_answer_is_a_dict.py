"""The fake API is told to answer with a dict."""

from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness


class Empty(Plugin): ...


with PluginHarness(Empty) as harness:
    harness.api.on("GetUser", {"user": {}})  # error
