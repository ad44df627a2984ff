"""The name of a call is misspelt."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.get_usr("u")  # error
