"""A call has no such keyword."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.get_users(team="t")  # error
