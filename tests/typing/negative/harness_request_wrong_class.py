"""Requests are read as a class that is none."""

from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness


class Empty(Plugin): ...


with PluginHarness(Empty) as harness:
    texts: list[str] = harness.api.requests("GetUser", str)  # error
