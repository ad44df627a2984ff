"""A client has no such option."""

from mattermost_plugin import PluginAPIClient

client = PluginAPIClient("host:1", retries=3)  # error
