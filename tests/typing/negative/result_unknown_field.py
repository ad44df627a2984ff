"""A result has no such field."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    print(api.get_user("u").name)  # error
