"""The name of a module is misspelt."""

from mattermost_plugin.tests import PluginHarness  # error

print(PluginHarness)
