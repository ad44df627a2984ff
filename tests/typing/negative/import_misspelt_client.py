"""The name of a client is misspelt in an import."""

from mattermost_plugin.clients import PluginApiClient  # error

print(PluginApiClient)
