"""A time limit is text."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.get_user("u", timeout="5")  # error
