"""Another model is passed than the call takes."""

from mattermost_plugin import PluginAPIClient, models


def use(api: PluginAPIClient) -> None:
    api.create_post(models.Channel())  # error
