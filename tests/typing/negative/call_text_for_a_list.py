"""Text is passed where a list of texts is needed."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.get_users(roles="system_admin")  # error
