"""Metadata is a dict."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.get_user("u", metadata={"x": "y"})  # error
