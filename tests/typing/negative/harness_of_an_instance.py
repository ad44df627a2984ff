"""The harness is given a plugin instead of its class."""

from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness

harness = PluginHarness(Plugin())  # error
