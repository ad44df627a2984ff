"""A number is passed where an id is needed."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.get_user(5)  # error
