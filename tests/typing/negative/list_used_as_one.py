"""One is taken for a list of them."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    print(api.get_teams().id)  # error
