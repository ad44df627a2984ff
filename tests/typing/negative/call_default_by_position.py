"""A parameter with a default is passed by position."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.kv_list(0)  # error
